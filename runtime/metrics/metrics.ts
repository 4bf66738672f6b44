import { Counter, Gauge, Registry } from 'prom-client'
import {
  errorAttributes,
  sinkAttributes,
  sourceAttributes,
  type TaskAttribute,
  taskAttributes,
} from './attributes.ts'
import { EventLoopDelay } from './event-loop.ts'
import { declareProcessMetrics } from './process-metrics.ts'
import { Startups } from './startups.ts'
import type { TaskCounts } from './task-counts.ts'
import { TaskView } from './task-view.ts'

export interface ConnectorFacts {
  readonly type: 'source' | 'sink'
  readonly class: string
  readonly version: string
}

interface ConnectorView {
  readonly facts: ConnectorFacts
  state: string
}

/**
 * Everything that `GET /metrics` shows, in the main thread. Names are Kafka Connect's: `kafka_connect_<group>_<attribute>`, the JMX type and
 * the attribute with dashes as underscores (`kafka_connect_sink_task_metrics_sink_record_send_total`), labels `connector` and `task`. Values
 * are worked out when somebody asks. A FAILED task keeps its metrics until it is removed.
 */
export class Metrics {
  readonly #registry = new Registry()
  readonly #connectors = new Map<string, ConnectorView>()
  readonly #tasks = new Map<string, TaskView>()
  readonly #startups = { connector: new Startups('connector'), task: new Startups('task') }
  readonly #eventLoop = new EventLoopDelay()
  readonly contentType = this.#registry.contentType

  constructor() {
    for (const attribute of [...taskAttributes, ...errorAttributes]) this.#declare(attribute)
    for (const attribute of sourceAttributes) this.#declare(attribute, 'source')
    for (const attribute of sinkAttributes) this.#declare(attribute, 'sink')
    this.#declareStates()
    this.#declareWorker()
    declareProcessMetrics(this.#registry, this.#eventLoop)
  }

  render(): Promise<string> {
    return this.#registry.metrics()
  }

  addConnector(name: string, facts: ConnectorFacts): void {
    this.#connectors.set(name, { facts, state: this.#connectors.get(name)?.state ?? 'UNASSIGNED' })
  }

  removeConnector(name: string): void {
    this.#connectors.delete(name)
  }

  connectorState(name: string, state: string): void {
    const connector = this.#connectors.get(name)
    if (connector) connector.state = state
  }

  /** A run of a task begins: its counters begin at 0. */
  addTask(connector: string, task: number, type: 'source' | 'sink'): void {
    this.#tasks.set(taskKey(connector, task), new TaskView(connector, task, type))
  }

  removeTask(connector: string, task: number): void {
    this.#tasks.delete(taskKey(connector, task))
  }

  taskState(connector: string, task: number, state: string): void {
    const view = this.#tasks.get(taskKey(connector, task))
    if (view) view.state = state
  }

  taskCounts(connector: string, task: number, counts: TaskCounts): void {
    this.#tasks.get(taskKey(connector, task))?.add(counts)
    this.#eventLoop.working()
  }

  /** A start was tried, of a connector or a task. */
  started(what: 'connector' | 'task', succeeded: boolean): void {
    this.#startups[what].count(succeeded)
  }

  close(): void {
    this.#eventLoop.stop()
    this.#registry.clear()
  }

  #declare({ group, attribute, help, value }: TaskAttribute, type?: 'source' | 'sink'): void {
    this.#metric(group, attribute, help, ['connector', 'task'], (set) => {
      for (const task of this.#tasks.values()) {
        if (type === undefined || task.type === type) set(task.labels, value(task.window, task))
      }
    })
  }

  /** Texts are labels of a gauge that is 1. */
  #declareStates(): void {
    const connectors = this.#connectors
    const labels = ['connector', 'task', 'status']
    const help = 'State of the task, in lower case.'
    this.#metric('connector-task-metrics', 'status', help, labels, (set) => {
      for (const task of this.#tasks.values()) {
        set({ ...task.labels, status: task.state.toLowerCase() }, 1)
      }
    })
    const facts = {
      status: [
        'State of the connector, in lower case.',
        ({ state }: ConnectorView) => state.toLowerCase(),
      ],
      'connector-type': ['source or sink.', (view: ConnectorView) => view.facts.type],
      'connector-class': ['Class of the connector.', (view: ConnectorView) => view.facts.class],
      'connector-version': [
        'Version of the connector.',
        (view: ConnectorView) => view.facts.version,
      ],
    } as const
    for (const [attribute, [help, text]] of Object.entries(facts)) {
      const label = underscored(attribute)
      this.#metric('connector-metrics', attribute, help, ['connector', label], (set) => {
        for (const [connector, view] of connectors) set({ connector, [label]: text(view) }, 1)
      })
    }
  }

  #declareWorker(): void {
    const group = 'connect-worker-metrics'
    this.#metric(group, 'connector-count', 'Connectors on this worker.', [], (set) =>
      set({}, this.#connectors.size),
    )
    this.#metric(group, 'task-count', 'Tasks on this worker.', [], (set) =>
      set({}, this.#tasks.size),
    )
    for (const startups of Object.values(this.#startups)) {
      for (const { attribute, help, value } of startups.attributes()) {
        this.#metric(group, attribute, help, [], (set) => set({}, value()))
      }
    }
    for (const state of taskStates) {
      const attribute = `connector-${state}-task-count`
      const help = `Tasks of the connector on this worker: ${state}.`
      this.#metric(group, attribute, help, ['connector'], (set) => {
        for (const connector of this.#connectors.keys()) set({ connector }, 0)
        const counts = new Map<string, number>()
        for (const task of this.#tasks.values()) {
          if (state !== 'total' && task.state.toLowerCase() !== state) continue
          counts.set(task.connector, (counts.get(task.connector) ?? 0) + 1)
        }
        for (const [connector, count] of counts) set({ connector }, count)
      })
    }
  }

  /** A counter if its name says so: its value is set, not added to, when somebody asks. */
  #metric(
    group: string,
    attribute: string,
    help: string,
    labelNames: readonly string[],
    each: (set: (labels: Labels, value: number) => void) => void,
  ): void {
    const common = {
      name: metricName(group, attribute),
      help,
      labelNames,
      registers: [this.#registry],
    }
    if (attribute.endsWith('-total')) {
      new Counter({
        ...common,
        collect() {
          this.reset()
          each((labels, value) => this.inc(labels, value))
        },
      })
    } else {
      new Gauge({
        ...common,
        collect() {
          this.reset()
          each((labels, value) => this.set(labels, value))
        },
      })
    }
  }
}

const taskStates = ['total', 'running', 'paused', 'failed', 'unassigned', 'destroyed', 'restarting']

type Labels = Record<string, string>

const underscored = (text: string) => text.replaceAll('-', '_')

function metricName(group: string, attribute: string): string {
  return `kafka_connect_${underscored(group)}_${underscored(attribute)}`
}

/** A name may hold anything but NUL. */
const taskKey = (connector: string, task: number) => `${connector}\0${task}`
