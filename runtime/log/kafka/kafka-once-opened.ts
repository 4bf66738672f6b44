import { RetriableException } from '../../api/errors.ts'

/** Something that is opened when it is first asked for; a failure is forgotten, so that the next one who asks tries again. */
export class OnceOpened<T extends { close(): Promise<void> }> {
  readonly #open: () => Promise<T>
  #opened: Promise<T> | undefined
  #isClosed = false

  constructor(open: () => Promise<T>) {
    this.#open = open
  }

  async get(): Promise<T> {
    if (this.#isClosed) throw new RetriableException('The log is closed')
    this.#opened ??= this.#open().catch((error) => {
      this.#opened = undefined
      throw error
    })
    return this.#opened
  }

  /** Without opening it. */
  async peek(): Promise<T | undefined> {
    return this.#opened
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const opened = await this.#opened?.catch(() => undefined)
    await opened?.close()
  }
}
