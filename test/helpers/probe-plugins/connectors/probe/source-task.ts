import { setTimeout } from 'node:timers/promises'
import {
  RetriableException,
  type SourceContext,
  type SourceRecord,
  type SourceTask,
  STRING,
} from '../../../../../runtime/api/index.ts'
import type { SourceConfig } from './config.ts'
import { Journal } from './journal.ts'

/** Counts from the stored offset on. */
export class ProbeSourceTask implements SourceTask {
  readonly #config: SourceConfig
  readonly #context: SourceContext
  readonly #journal: Journal
  readonly #partition: { readonly probe: string }
  readonly #next: number

  private constructor(config: SourceConfig, context: SourceContext, next: number) {
    this.#config = config
    this.#context = context
    this.#journal = new Journal(config.journal, context.task)
    this.#partition = partitionOf(context)
    this.#next = next
  }

  static async open(config: SourceConfig, context: SourceContext): Promise<ProbeSourceTask> {
    if (config.trouble === 'deaf-open') await new Promise(() => {})
    const stored = await context.offsets.read(partitionOf(context))
    const task = new ProbeSourceTask(config, context, Number(stored?.['next'] ?? 0))
    task.#journal.write('open', { next: task.#next })
    return task
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly SourceRecord[]> {
    const { count, batch, 'interval.ms': intervalMs, trouble, 'trouble.at': at } = this.#config
    const { signal } = this.#context
    try {
      for (let next = this.#next; next < count && !signal.aborted; ) {
        const isDue = trouble !== 'none' && next <= at && at < next + batch
        const end = Math.min(
          count,
          isDue && trouble !== 'bad-record' && at > next ? at : next + batch,
        )
        if (isDue && next === at && trouble !== 'bad-record') await this.#makeTrouble(next)
        this.#journal.write('pull', { next })
        yield Array.from({ length: end - next }, (_, i) => this.#record(next + i))
        next = end
        if (intervalMs > 0) await setTimeout(intervalMs, undefined, { signal })
      }
    } finally {
      this.#journal.write('closed')
    }
  }

  acked(offsets: readonly { readonly offset: Readonly<Record<string, unknown>> }[]): void {
    this.#journal.write('acked', { next: offsets[0]?.offset['next'] })
  }

  #record(number: number): SourceRecord {
    const { topic, bytes, key, trouble, 'trouble.at': at } = this.#config
    const text = String(number)
    const isBad = trouble === 'bad-record' && number === at
    return {
      sourcePartition: this.#partition,
      sourceOffset: { next: number + 1 },
      topic,
      keySchema: key ? STRING : null,
      key: key ? text : null,
      valueSchema: STRING,
      value: isBad ? Symbol('no converter takes this') : text.padEnd(bytes, ' '),
    }
  }

  async #makeTrouble(number: number): Promise<void> {
    const { trouble } = this.#config
    switch (trouble) {
      case 'throw':
        throw new Error(`thrown at ${number}`)
      case 'retry':
        // Once: the next life begins here and is not in trouble.
        if (this.#next < number)
          throw new RetriableException(`try again at ${number}`, { afterMs: 20 })
        return
      case 'crash':
        globalThis.setTimeout(() => {
          throw new Error('nobody catches this')
        }, 1)
        return await new Promise(() => {})
      case 'out-of-memory': {
        const hoard: unknown[] = []
        for (;;) hoard.push(Array.from({ length: 100_000 }, (_, i) => ({ i })))
      }
      case 'spin':
        for (;;) {
          // Never gives the thread back.
        }
      case 'deaf':
        this.#journal.write('deaf')
        return await new Promise(() => {})
    }
  }
}

function partitionOf({ connector, task }: SourceContext): { readonly probe: string } {
  return { probe: `${connector}-${task}` }
}
