import {
  BadRequestException,
  ConnectException,
  codes,
  hasCode,
  NotFoundException,
  type OffsetMap,
  TimeoutException,
} from '../api/index.ts'
import type { ClientSettings, Log } from '../log/log.ts'
import type { PluginRegistry } from '../plugins/registry.ts'
import type { StoredConnector } from '../storage/cluster-config.ts'
import type { OffsetBackingStore } from '../storage/offset-backing-store.ts'
import { offsetEntry, type SourceOffset } from '../storage/offset-records.ts'
import { overridesOf } from '../worker/client-overrides.ts'
import type { AlteredOffsets } from '../worker/plugin-messages.ts'
import { sinkSubscription } from '../worker/sink-config.ts'
import type { ConfigMap, ConnectorOffset, SentOffset } from './herder.ts'
import { type SinkOffset, sentSinkOffsets } from './sent-sink-offsets.ts'
import type { TaskRunner } from './task-runner.ts'

export interface ConnectorOffsetsParts {
  readonly log: Log
  readonly plugins: PluginRegistry
  readonly store: OffsetBackingStore
  readonly worker: TaskRunner
  /** What the worker gives the consumers of sinks besides (`consumer.…`). */
  readonly consumer: ClientSettings
}

type Verb = 'alter' | 'reset'

/** Where connectors go on, read and changed by hand: a source's in the offset topic, a sink's in its consumer group. */
export class ConnectorOffsets {
  readonly #parts: ConnectorOffsetsParts

  constructor(parts: ConnectorOffsetsParts) {
    this.#parts = parts
  }

  async read(name: string, config: ConfigMap): Promise<readonly ConnectorOffset[]> {
    if (this.#isSink(config)) {
      return orElse(`Failed to retrieve consumer group offsets for sink connector ${name}`, () =>
        this.#inGroup(name, config, async (log, group) =>
          (await log.groupOffsets(group)).map(({ topic, partition, offset }) => ({
            partition: { kafka_topic: topic, kafka_partition: partition },
            offset: { kafka_offset: offset },
          })),
        ),
      )
    }
    return orElse(`Failed to retrieve offsets for source connector ${name}`, () =>
      this.#parts.store.all(name),
    )
  }

  /** `sent` null: all of them are forgotten. Nothing of the connector may run meanwhile. Returns what to tell the client. */
  async change(
    name: string,
    config: ConfigMap,
    sent: readonly SentOffset[] | null,
  ): Promise<string> {
    const verb = sent === null ? 'reset' : 'alter'
    const isAll = this.#isSink(config)
      ? await this.#changeSink(name, config, sent, verb)
      : await this.#changeSource(name, config, sent, verb)
    return outcome(verb, isAll)
  }

  async #changeSource(
    name: string,
    config: ConfigMap,
    sent: readonly SentOffset[] | null,
    verb: Verb,
  ): Promise<boolean> {
    const { store } = this.#parts
    const known = await inTime(
      `Timed out while trying to read to the end of the offsets topic prior to modifying offsets for source connector ${name}`,
      () => store.all(name),
    )
    const offsets =
      sent === null
        ? known.map(({ partition }) => ({ partition, offset: null }))
        : sentSourceOffsets(name, sent)
    const isAll = await this.#tell(name, config, offsets)
    await inTime(`Timed out while attempting to modify offsets for source connector ${name}`, () =>
      orElse(`Failed to ${verb} offsets for source connector ${name}`, () =>
        store.write(name, offsets),
      ),
    )
    return isAll
  }

  async #changeSink(
    name: string,
    config: ConfigMap,
    sent: readonly SentOffset[] | null,
    verb: Verb,
  ): Promise<boolean> {
    return this.#inGroup(name, config, async (log, group) => {
      const offsets =
        sent === null
          ? await orElse(
              `Failed to list offsets prior to resetting offsets for sink connector ${name}`,
              async () =>
                (await log.groupOffsets(group)).map((each) => ({ ...each, offset: null })),
            )
          : sentSinkOffsets(sent)
      const isAll = await this.#tell(name, config, offsets)
      try {
        if (sent === null) await log.deleteGroup(group)
        else {
          await requirePlaces(log, offsets)
          await log.alterGroupOffsets(group, offsets)
        }
      } catch (error) {
        throw sinkFailure(name, verb, error)
      }
      return isAll
    })
  }

  /** What the connector itself has against it is its own to say. */
  async #tell(name: string, config: ConfigMap, offsets: AlteredOffsets): Promise<boolean> {
    const kind = this.#isSink(config) ? 'sink' : 'source'
    try {
      return await this.#parts.worker.alterOffsets(name, config, offsets)
    } catch (error) {
      if (hasCode(error, 'CONNECT_TIMEOUT')) {
        throw new TimeoutException(
          `Timed out while calling the 'alterOffsets' method for ${kind} connector ${name}`,
          { cause: error },
        )
      }
      if (codes.some((code) => hasCode(error, code))) throw error
      throw failure(`Failed to modify offsets for ${kind} connector ${name}`, error)
    }
  }

  /** With the client settings that the connector has for its consumer, or for an admin client. */
  async #inGroup<T>(
    name: string,
    config: ConfigMap,
    work: (log: Log, group: string) => Promise<T>,
  ): Promise<T> {
    const { log, consumer } = this.#parts
    const { group } = sinkSubscription({ connector: name, task: 0 }, config, {
      log: log.kind,
      consumer,
    })
    const admin = { ...overridesOf(config, 'consumer'), ...overridesOf(config, 'admin') }
    const scope = log.scope({ task: name, admin })
    try {
      return await work(scope.log, group)
    } finally {
      await scope.release()
    }
  }

  #isSink(config: ConfigMap): boolean {
    return this.#parts.plugins.connector(config['connector.class'] ?? '').kind === 'sink'
  }
}

/** Refuses what is not STOPPED, tasks included. */
export function requireStopped({ name, target, tasks }: StoredConnector, isIdle = true): void {
  if (target === 'STOPPED' && tasks.length === 0 && isIdle) return
  throw new BadRequestException(
    'Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the specified ' +
      `connector by issuing a 'PUT' request to the '/connectors/${name}/stop' endpoint`,
  )
}

/** The embedded log keeps an offset of a topic that is still to come; Kafka's broker refuses it. */
async function requirePlaces(log: Log, offsets: readonly SinkOffset[]): Promise<void> {
  const set = offsets.filter(({ offset }) => offset !== null)
  for (const topic of new Set(set.map((each) => each.topic))) {
    const partitions = (await log.describeTopic(topic))?.partitions ?? 0
    const missing = set.find((each) => each.topic === topic && each.partition >= partitions)
    if (missing === undefined) continue
    throw new NotFoundException(`There is no partition ${missing.partition} of topic "${topic}"`)
  }
}

/** Of the same partition twice the last counts. */
function sentSourceOffsets(name: string, sent: readonly SentOffset[]): SourceOffset[] {
  const offsets = sent.map(({ partition, offset }) => ({
    partition: partition ?? refuseNoPartition(),
    offset: offset ?? null,
  }))
  try {
    const byKey = offsets.map((each) => [offsetEntry(name, each).key, each] as const)
    return [...new Map(byKey).values()]
  } catch (error) {
    throw new BadRequestException((error as Error).message, { cause: error })
  }
}

function refuseNoPartition(): OffsetMap {
  throw new BadRequestException(
    'The partition for a source connector offset cannot be null or missing',
  )
}

function outcome(verb: Verb, isAll: boolean): string {
  const done = verb === 'alter' ? 'altered' : 'reset'
  return isAll
    ? `The offsets for this connector have been ${done} successfully`
    : `The Connect framework-managed offsets for this connector have been ${done} successfully. However, if this connector ` +
        `manages offsets externally, they will need to be manually ${done} in the system that the connector uses.`
}

function sinkFailure(name: string, verb: Verb, error: unknown): Error {
  if (!hasCode(error, 'CONNECT_CONFLICT')) {
    const whose = verb === 'alter' ? 'connector' : 'sink connector'
    return failure(`Failed to ${verb} consumer group offsets for ${whose} ${name}`, error)
  }
  return failure(
    `Failed to ${verb} consumer group offsets for connector ${name} either because its tasks haven't stopped completely yet ` +
      `or the connector was resumed before the request to ${verb} its offsets could be successfully completed. If the ` +
      "connector is in a stopped state, this operation can be safely retried. If it doesn't eventually succeed, the Connect " +
      'cluster may need to be restarted to get rid of the zombie sink tasks.',
    error,
  )
}

/** Connect's words, the cause beside them. */
function failure(message: string, cause: unknown): ConnectException {
  return new ConnectException(message, { cause, hint: (cause as Error).message })
}

async function orElse<T>(message: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (hasCode(error, 'CONNECT_TIMEOUT')) throw error
    throw failure(message, error)
  }
}

async function inTime<T>(message: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw hasCode(error, 'CONNECT_TIMEOUT')
      ? new TimeoutException(message, { cause: error })
      : error
  }
}
