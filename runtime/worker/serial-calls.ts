/** Calls of a sink never overlap: each waits for the one before, whoever makes it. */
export class SerialCalls {
  #last: Promise<unknown> = Promise.resolve()

  run<T>(call: () => Promise<T>): Promise<T> {
    const result = this.#last.then(call)
    this.#last = result.then(nothing, nothing)
    return result
  }
}

const nothing = () => {}
