import type { ConfigMap, ConfigRecord, RestartRequest, TargetState } from './config-records.ts'

/** A connector as the config topic has it. */
export interface StoredConnector {
  readonly name: string
  readonly config: ConfigMap
  /** Offset of the config record: another one means that the config was written anew. */
  readonly revision: number
  readonly target: TargetState
  /** Effective task configs; none while they are inconsistent. */
  readonly tasks: readonly ConfigMap[]
  /** Offset of the commit that made them effective. */
  readonly taskRevision: number
  /** The connector config of the time of that commit. */
  readonly applied: ConfigMap | null
  /** A commit whose task configs were not all there: they must be written again. */
  readonly isInconsistent: boolean
}

export type ConfigChange =
  | { readonly type: 'connector' | 'tasks' | 'target'; readonly connector: string }
  | { readonly type: 'restart'; readonly request: RestartRequest }
  | { readonly type: 'logger'; readonly namespace: string; readonly level: string }

interface Entry {
  config: ConfigMap | null
  revision: number
  target: TargetState | null
  tasks: readonly ConfigMap[]
  taskRevision: number
  applied: ConfigMap | null
  isInconsistent: boolean
  /** Task configs that wait for their commit. */
  readonly pending: Map<number, ConfigMap>
}

/** What the config topic's records amount to, by Kafka Connect's rules. */
export class ClusterConfig {
  readonly #entries = new Map<string, Entry>()

  names(): string[] {
    return [...this.#entries].filter(([, { config }]) => config !== null).map(([name]) => name)
  }

  connector(name: string): StoredConnector | undefined {
    const entry = this.#entries.get(name)
    if (entry === undefined || entry.config === null) return undefined
    const { config, revision, target, tasks, taskRevision, applied, isInconsistent } = entry
    return {
      name,
      config,
      revision,
      target: target ?? 'STARTED',
      tasks,
      taskRevision,
      applied,
      isInconsistent,
    }
  }

  /** Null when nobody needs to be told. */
  apply(record: ConfigRecord, offset: number): ConfigChange | null {
    if (record.type === 'restart' || record.type === 'logger') return record
    const { connector } = record
    const entry = this.#entry(connector)
    switch (record.type) {
      case 'connector':
        if (record.config === null) forget(entry)
        entry.config = record.config
        entry.revision = offset
        this.#tidy(connector, entry)
        return { type: 'connector', connector }
      case 'target':
        entry.target = record.target
        this.#tidy(connector, entry)
        return record.target === null ? null : { type: 'target', connector }
      case 'task':
        entry.pending.set(record.task, record.config)
        return null
      case 'commit':
        commit(entry, record.tasks, offset)
        this.#tidy(connector, entry)
        return { type: 'tasks', connector }
    }
  }

  #entry(connector: string): Entry {
    let entry = this.#entries.get(connector)
    if (entry === undefined) {
      entry = {
        config: null,
        revision: -1,
        target: null,
        tasks: [],
        taskRevision: -1,
        applied: null,
        isInconsistent: false,
        pending: new Map(),
      }
      this.#entries.set(connector, entry)
    }
    return entry
  }

  /** I6: a deleted connector leaves nothing behind. */
  #tidy(connector: string, { config, target, pending }: Entry): void {
    if (config === null && target === null && pending.size === 0) this.#entries.delete(connector)
  }
}

function forget(entry: Entry): void {
  entry.tasks = []
  entry.applied = null
  entry.isInconsistent = false
  entry.pending.clear()
}

function commit(entry: Entry, count: number, offset: number): void {
  entry.taskRevision = offset
  if (entry.config === null) {
    // The connector was deleted, and compaction has taken its tombstone already.
    forget(entry)
    return
  }
  const tasks = Array.from({ length: count }, (_, task) => entry.pending.get(task))
  const isComplete = tasks.every((config) => config !== undefined)
  entry.isInconsistent = !isComplete
  entry.tasks = isComplete ? tasks : []
  entry.applied = entry.config
  entry.pending.clear()
}
