import { isSecretName, type SourceRecord, Struct } from '../api/index.ts'
import type { LogRecord, TopicPartition } from '../log/log.ts'
import type { ErrorConfig } from './error-config.ts'
import type { RecordException } from './record-exception.ts'
import type { TaskContext } from './task-context.ts'
import { nameOf } from './task-state.ts'

/** A record of the log that cannot be carried. */
export interface FailedSinkRecord extends TopicPartition {
  readonly raw: LogRecord
  readonly refused: RecordException
}

const longestText = 16 * 1024

/** `errors.log.enable`: a line for each record that failed, in Connect's words. */
export class ErrorLog {
  readonly #context: TaskContext
  readonly #config: ErrorConfig

  constructor(context: TaskContext, config: ErrorConfig) {
    this.#context = context
    this.#config = config
  }

  ofSink({ refused, topic, partition, raw }: FailedSinkRecord): void {
    this.#write(refused, () => {
      const { offset, timestamp, timestampType } = raw
      const time =
        timestamp === -1 ? '' : `, timestamp=${timestamp}, timestampType=${timestampType}`
      return `, where consumed record is {topic='${topic}', partition=${partition}, offset=${offset}${time}}`
    })
  }

  ofSource(refused: RecordException, record: SourceRecord): void {
    this.#write(refused, () => `, where source record is = ${textOf(record)}`)
  }

  #write(refused: RecordException, describe: () => string): void {
    const { logs, logsRecords } = this.#config
    if (!logs || !refused.isTolerable) return
    const { id, logger, meter } = this.#context
    meter.counts.errorsLogged++
    const record = logsRecords ? describe() : ''
    logger.error(
      { err: refused.cause },
      `Error encountered in task ${nameOf(id)}. Executing stage '${refused.stage}' with class '${refused.class}'${record}.`,
    )
  }
}

/** As JSON, whatever it holds, up to a length; without schemas, and without what stands under the name of a secret (I5). */
function textOf({ keySchema, valueSchema, headers = [], ...record }: SourceRecord): string {
  const named = headers.map(({ key, value }) => ({ [key]: value }))
  let text: string
  try {
    text = JSON.stringify({ ...record, headers: named }, printable)
  } catch (error) {
    text = `(it cannot be printed: ${(error as Error).message})`
  }
  return text.length > longestText ? `${text.slice(0, longestText)}…` : text
}

function printable(name: string, value: unknown): unknown {
  if (isSecretName(name)) return '[hidden]'
  if (typeof value === 'bigint' || typeof value === 'symbol') return String(value)
  if (value instanceof Map)
    return Object.fromEntries(Array.from(value, ([key, inner]) => [String(key), inner]))
  if (!(value instanceof Struct)) return value
  return Object.fromEntries(value.schema.fields.map((field) => [field.name, value.get(field.name)]))
}
