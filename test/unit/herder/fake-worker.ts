import { ConnectException, type Findings } from '../../../runtime/api/index.ts'
import type { ConfigMap, ConnectorTaskId, TargetState } from '../../../runtime/herder/herder.ts'
import type { HerderHooks, TaskRunner, TaskStart } from '../../../runtime/herder/task-runner.ts'
import type { AlteredOffsets } from '../../../runtime/worker/plugin-messages.ts'

const states = { STARTED: 'RUNNING', PAUSED: 'PAUSED', STOPPED: 'STOPPED' } as const

/** A fake: it runs nothing, remembers what it was told, and says at once that it was done. */
export class FakeWorker implements TaskRunner {
  readonly hooks: HerderHooks
  /** One word and a name each, in order. */
  readonly calls: string[] = []
  readonly connectors = new Map<string, { config: ConfigMap; target: TargetState }>()
  readonly tasks = new Map<string, TaskStart>()
  /** Connectors whose start fails. */
  readonly failing = new Set<string>()
  /** What `taskConfigs` throws, once each. */
  readonly troubles: Error[] = []
  findings: Findings = {}
  /** Held back `check`. */
  checkGate: Promise<void> = Promise.resolve()
  /** Held back `alterOffsets`, and what it answers. */
  alterGate: Promise<void> = Promise.resolve()
  ownsOffsets = false
  /** How many tasks a connector makes; by default `tasks.max`. */
  taskCount: number | undefined
  /** Held back starts of connectors. */
  gate: Promise<void> = Promise.resolve()

  constructor(hooks: HerderHooks) {
    this.hooks = hooks
  }

  async startConnector(name: string, config: ConfigMap, target: TargetState): Promise<void> {
    this.calls.push(`start ${name} ${target}`)
    this.connectors.set(name, { config, target })
    await this.gate
    const failed = this.failing.has(name) && target === 'STARTED'
    this.hooks.onStatus({
      connector: name,
      task: null,
      version: '1.0',
      ...(failed ? { state: 'FAILED', trace: 'Error: boom' } : { state: states[target] }),
    })
  }

  async stopConnector(name: string): Promise<void> {
    this.calls.push(`stop ${name}`)
    this.connectors.delete(name)
  }

  async taskConfigs(name: string): Promise<readonly ConfigMap[]> {
    this.calls.push(`tasks of ${name}`)
    const trouble = this.troubles.shift()
    if (trouble) throw trouble
    const config = this.connectors.get(name)?.config
    if (config === undefined) throw new ConnectException(`${name} is not running`)
    const length = this.taskCount ?? Number(config['tasks.max'] ?? 1)
    return Array.from({ length }, (_, n) => ({ part: `${n}`, file: config['file'] ?? '' }))
  }

  async check(): Promise<Findings> {
    this.calls.push('check')
    await this.checkGate
    return this.findings
  }

  async alterOffsets(name: string, _config: ConfigMap, offsets: AlteredOffsets): Promise<boolean> {
    this.calls.push(`alter ${name} ${offsets.length}`)
    const trouble = this.troubles.shift()
    if (trouble) throw trouble
    await this.alterGate
    return this.ownsOffsets
  }

  async startTask(start: TaskStart): Promise<void> {
    const name = nameOf(start.id)
    this.calls.push(`start ${name} ${start.target}`)
    if (this.tasks.has(name)) throw new ConnectException(`${name} is running already`)
    if (this.failing.has(name)) throw new ConnectException(`${name} cannot start`)
    this.tasks.set(name, start)
    this.hooks.onStatus({ ...start.id, state: states[start.target], version: '1.0' })
  }

  async stopTasks(ids: readonly ConnectorTaskId[]): Promise<void> {
    for (const id of ids) {
      this.calls.push(`stop ${nameOf(id)}`)
      this.tasks.delete(nameOf(id))
    }
  }

  setTaskTarget(id: ConnectorTaskId, target: TargetState): void {
    this.calls.push(`${target} ${nameOf(id)}`)
    this.hooks.onStatus({ ...id, state: states[target] })
  }

  async shutdown(): Promise<void> {
    this.calls.push('shutdown')
    this.connectors.clear()
    this.tasks.clear()
  }

  /** The task says that it failed. */
  fail(id: ConnectorTaskId): void {
    this.hooks.onStatus({ ...id, state: 'FAILED', trace: 'Error: bad record' })
  }
}

function nameOf({ connector, task }: ConnectorTaskId): string {
  return `${connector}-${task}`
}
