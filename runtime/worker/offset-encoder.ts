import { ConnectException } from '../api/index.ts'
import type { EncodedBatch } from '../log/log.ts'
import { offsetBatches } from '../storage/offset-records.ts'
import type { SourceOffset } from './record-draft.ts'
import { Retries, type TaskContext } from './task-context.ts'
import { untilTaken } from './until-taken.ts'

/** Source offsets as they lie in the worker's offset topic. */
export class OffsetEncoder {
  readonly #context: TaskContext
  readonly #topic: string
  readonly #retries: Retries
  #partitions = 0

  constructor(context: TaskContext, topic: string) {
    this.#context = context
    this.#topic = topic
    this.#retries = new Retries(context, 'Looking for the offset topic')
  }

  async encode(offsets: readonly SourceOffset[]): Promise<EncodedBatch[]> {
    if (this.#partitions === 0) this.#partitions = await this.#count()
    const { connector } = this.#context.id
    return offsetBatches(this.#topic, this.#partitions, connector, offsets, Date.now())
  }

  async #count(): Promise<number> {
    const { workerLog } = this.#context
    const found = await untilTaken(this.#context, this.#retries, () =>
      workerLog.describeTopic(this.#topic),
    )
    if (found !== null) return found.partitions
    throw new ConnectException(`The offset topic ${this.#topic} is missing`, {
      hint: 'A worker makes it when it starts: restart the worker.',
    })
  }
}
