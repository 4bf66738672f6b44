import {
  BatchException,
  DataException,
  RetriableException,
  type SinkContext,
  type SinkRecord,
  type SinkTask,
  type TopicPartition,
} from '../../../../../runtime/api/index.ts'
import type { SinkConfig } from './config.ts'
import { Journal } from './journal.ts'

/** Writes down what it is given. */
export class ProbeSinkTask implements SinkTask {
  readonly #config: SinkConfig
  readonly #context: SinkContext
  readonly #journal: Journal
  #puts = 0
  #troubles = 0
  #isFlushTroubled = false

  constructor(config: SinkConfig, context: SinkContext) {
    this.#config = config
    this.#context = context
    this.#journal = new Journal(config.journal, context.task)
    this.#journal.write('open')
  }

  async put(records: readonly SinkRecord[]): Promise<void> {
    this.#puts++
    const { trouble, 'trouble.every': every, 'trouble.times': times } = this.#config
    if (trouble === 'bad-records') return this.#writeGood(records)
    if (trouble !== 'none' && this.#puts % every === 0 && this.#troubles < times) {
      this.#troubles++
      await this.#makeTrouble(records)
      if (trouble === 'block') return
    }
    this.#journal.write('put', { records: described(records) })
  }

  async flush(): Promise<void> {
    if (this.#isFlushTroubled) {
      this.#isFlushTroubled = false
      this.#journal.write('flush refused')
      throw new RetriableException('the target lost it')
    }
    this.#journal.write('flush')
  }

  async assigned(partitions: readonly TopicPartition[]): Promise<void> {
    this.#journal.write('assigned', { partitions })
  }

  async revoked(partitions: readonly TopicPartition[]): Promise<void> {
    this.#journal.write('revoked', { partitions })
  }

  async stop(): Promise<void> {
    this.#journal.write('stop')
  }

  #writeGood(records: readonly SinkRecord[]): void {
    const bad = this.#config['trouble.values']
    const isBad = ({ value }: SinkRecord) => bad.includes(String(value))
    this.#journal.write('put', { records: described(records.filter((each) => !isBad(each))) })
    const errors = records.flatMap((each, index): [number, Error][] =>
      isBad(each) ? [[index, new DataException(`the target refuses ${each.value}`)]] : [],
    )
    if (errors.length > 0) throw new BatchException(new Map(errors))
  }

  async #makeTrouble(records: readonly SinkRecord[]): Promise<void> {
    const { trouble } = this.#config
    this.#journal.write(trouble, { records: described(records) })
    switch (trouble) {
      case 'throw':
        throw new Error('the target is not amused')
      case 'retry':
        throw new RetriableException('the target is away', { afterMs: 20 })
      case 'counted':
        throw new RetriableException('deadlock', { counted: true })
      case 'late': {
        // Ends when the time to stop is over, and not before.
        const { signal } = this.#context
        return await new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
      }
      case 'block':
        return await new Promise(() => {})
      case 'flush':
        this.#isFlushTroubled = true
    }
  }
}

/** `topic-partition@offset=value` */
function described(records: readonly SinkRecord[]): string[] {
  return records.map(
    ({ topic, partition, offset, value }) =>
      `${topic}-${partition}@${offset}=${String(value).trim()}`,
  )
}
