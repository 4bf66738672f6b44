/** No answer is that long: `fetch.max.bytes` is far below. */
export const MAX_ANSWER_BYTES = 1 << 29

const LENGTH_BYTES = 4
const CORRELATION_BYTES = 4
/** Smaller answers share the memory of Node's pool. */
const POOLED_BYTES = 2048

/**
 * Puts answers together from what the socket brings: each byte is copied once, into memory of the answer's own size, so the socket may read
 * into one buffer for ever. (A buffer for each read, joined at the end, is twice the garbage, and what a garbage collection costs most.)
 */
export class AnswerReader {
  readonly #onAnswer: (correlationId: number, payload: Buffer, size: number) => void
  readonly #length = Buffer.alloc(LENGTH_BYTES)
  #lengthBytes = 0
  #answer: Buffer | undefined
  #filled = 0

  constructor(onAnswer: (correlationId: number, payload: Buffer, size: number) => void) {
    this.#onAnswer = onAnswer
  }

  /** Throws a RangeError at a length that no answer has. */
  take(data: Buffer): void {
    for (let at = 0; at < data.length; ) {
      at += this.#answer === undefined ? this.#takeLength(data, at) : this.#fill(data, at)
    }
  }

  #takeLength(data: Buffer, at: number): number {
    const taken = data.copy(this.#length, this.#lengthBytes, at)
    this.#lengthBytes += taken
    if (this.#lengthBytes < LENGTH_BYTES) return taken
    const size = this.#length.readInt32BE()
    if (size < CORRELATION_BYTES || size > MAX_ANSWER_BYTES)
      throw new RangeError(`an answer of ${size} bytes`)
    this.#answer = size <= POOLED_BYTES ? Buffer.allocUnsafe(size) : Buffer.allocUnsafeSlow(size)
    this.#lengthBytes = 0
    this.#filled = 0
    return taken
  }

  #fill(data: Buffer, at: number): number {
    const answer = this.#answer as Buffer
    const taken = data.copy(answer, this.#filled, at)
    this.#filled += taken
    if (this.#filled < answer.length) return taken
    this.#answer = undefined
    this.#onAnswer(answer.readInt32BE(), answer.subarray(CORRELATION_BYTES), answer.length)
    return taken
  }
}
