import { ConnectException, hasCode } from '../../api/errors.ts'
import type { Delivery } from './producer-delivery.ts'

/** One `append`. It is over when each of its batches is: whoever calls again with the same batches finds none of them still on its way. */
export class AppendCall {
  readonly deliveries: readonly Delivery[]
  readonly bytes: number
  readonly #outcome = Promise.withResolvers<readonly number[]>()
  #open: number
  #error: Error | undefined

  constructor(deliveries: readonly Delivery[]) {
    this.deliveries = deliveries
    this.bytes = deliveries.reduce((sum, { batch }) => sum + batch.bytes.length, 0)
    this.#open = deliveries.length
    if (deliveries.some(({ settle }) => settle !== undefined)) throw twice()
    for (const delivery of deliveries) delivery.settle = (error) => this.#settle(delivery, error)
    if (this.#open === 0) this.#end()
  }

  /** The base offset of each batch. */
  get promise(): Promise<readonly number[]> {
    return this.#outcome.promise
  }

  /** Nothing of it was queued yet, or nothing more of it will be. */
  refuse(error: Error): void {
    for (const delivery of this.deliveries) delivery.settle?.(error)
  }

  #settle(delivery: Delivery, error: Error | undefined): void {
    delivery.settle = undefined
    // What cannot heal says more than what can.
    if (error !== undefined && (!this.#error || hasCode(this.#error, 'CONNECT_RETRIABLE')))
      this.#error = error
    if (--this.#open === 0) this.#end()
  }

  #end(): void {
    if (this.#error) this.#outcome.reject(this.#error)
    else this.#outcome.resolve(this.deliveries.map((delivery) => delivery.baseOffset))
  }
}

export function twice(): ConnectException {
  return new ConnectException('A batch was given to the log a second time', {
    hint: 'A batch passes to the log: it can be appended once, or again after it was refused.',
  })
}
