import { once } from 'node:events'

/** The standard output: waits for a slow reader, and ends quietly when the reader has gone, as in `tapline decode FILE | head`. */
export class Output {
  readonly #ended = new AbortController()
  #error: NodeJS.ErrnoException | undefined

  constructor() {
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      this.#error = error
      this.#ended.abort()
    })
    process.once('SIGINT', () => this.#ended.abort())
  }

  /** Aborted when nobody wants to read on: the pipe was closed, or Ctrl-C. */
  get ended(): AbortSignal {
    return this.#ended.signal
  }

  /** Throws when the output cannot be written, as on a full disk. False: nobody wants to read on. */
  async write(text: string): Promise<boolean> {
    const { signal } = this.#ended
    if (!signal.aborted && !process.stdout.write(text))
      await once(process.stdout, 'drain', { signal }).catch(() => {})
    if (this.#error !== undefined && this.#error.code !== 'EPIPE') throw this.#error
    return !signal.aborted
  }
}
