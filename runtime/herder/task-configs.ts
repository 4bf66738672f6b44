import { hasCode, type Logger } from '../api/index.ts'
import type { StoredConnector } from '../storage/cluster-config.ts'
import type { ConfigBackingStore } from '../storage/config-backing-store.ts'
import { printTrace, toPortable } from '../worker/portable-error.ts'
import type { ConfigMap } from './herder.ts'
import type { TaskRunner } from './task-runner.ts'
import type { WorkQueue } from './work-queue.ts'

/** Made and stored; not now, a system is in trouble; or the connector cannot do it. */
export type TaskConfigsOutcome = 'done' | 'later' | { readonly trace: string }

export interface TaskConfigsParts {
  readonly config: ConfigBackingStore
  readonly queue: WorkQueue
  readonly worker: TaskRunner
  readonly logger: Logger
}

/** Asks a running connector for the configs of its tasks and stores them if anything changed. */
export async function makeTaskConfigs(
  stored: StoredConnector,
  { config, queue, worker, logger }: TaskConfigsParts,
): Promise<TaskConfigsOutcome> {
  const connector = stored.name
  try {
    const configs = await worker.taskConfigs(connector)
    if (!isChanged(stored, configs)) return 'done'
    const stage = `writing ${configs.length} task configs for connector ${connector} to the config topic`
    await queue.run(stage, async () => {
      const now = config.connector(connector)
      // Meanwhile deleted, configured anew or no longer to run: these are tasks of yesterday.
      if (now?.revision !== stored.revision || now.target !== 'STARTED') return
      await config.putTasks(connector, configs)
    })
    return 'done'
  } catch (error) {
    if (hasCode(error, 'CONNECT_RETRIABLE') || hasCode(error, 'CONNECT_TIMEOUT')) {
      logger.warn({ err: error, connector }, 'task configs could not be made; tried again')
      return 'later'
    }
    return { trace: printTrace(toPortable(error)) }
  }
}

/** The tasks run with the connector's config too: a converter that changed is reason enough. */
function isChanged(
  { tasks, config, applied, isInconsistent }: StoredConnector,
  configs: readonly ConfigMap[],
): boolean {
  return (
    isInconsistent ||
    applied === null ||
    !isSame(applied, config) ||
    tasks.length !== configs.length ||
    tasks.some((task, number) => !isSame(task, configs[number] as ConfigMap))
  )
}

function isSame(one: ConfigMap, other: ConfigMap): boolean {
  const keys = Object.keys(one)
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && one[key] === other[key])
  )
}
