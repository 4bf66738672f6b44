import { appendFileSync } from 'node:fs'

/** One line of JSON a call, written before the call returns: it outlives the thread. */
export class Journal {
  readonly #file: string | null
  readonly #task: number

  constructor(file: string | null, task: number) {
    this.#file = file
    this.#task = task
  }

  write(call: string, fields: object = {}): void {
    if (this.#file === null) return
    const line = JSON.stringify({
      call,
      task: this.#task,
      at: performance.timeOrigin + performance.now(),
      ...fields,
    })
    appendFileSync(this.#file, `${line}\n`)
  }
}
