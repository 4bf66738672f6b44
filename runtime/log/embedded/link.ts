import type { MessagePort, Transferable } from 'node:worker_threads'
import { ConnectException } from '../../api/errors.ts'
import type { WireError } from './protocol.ts'
import { fromWire } from './wire-error.ts'

/** An answer: `[id, result]`, or `[id, undefined, error, what was sent]`. */
export type Answer = readonly [
  id: number,
  result: unknown,
  error?: WireError,
  returned?: readonly Uint8Array[],
]

interface Pending {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error, returned?: readonly Uint8Array[]) => void
}

/** Requests and answers over a port. It keeps the process alive only while something is under way. */
export class Link<Request> {
  readonly #port: MessagePort
  readonly #peer: string
  readonly #pending = new Map<number, Pending>()
  #nextId = 1
  #lost: ConnectException | undefined

  /** `onNotice` gets what the other side says without being asked. */
  constructor(port: MessagePort, peer: string, onNotice: (notice: unknown) => void = () => {}) {
    this.#port = port
    this.#peer = peer
    port.on('message', (message: readonly Answer[] | { readonly notice: unknown }) => {
      if (Array.isArray(message)) for (const answer of message) this.#settle(answer)
      else onNotice((message as { notice: unknown }).notice)
    })
    port.on('close', () => this.#lose())
    port.unref()
  }

  request<T>(request: Request, transfer: readonly Transferable[] = []): Promise<T> {
    return new Promise((resolve, reject) => {
      this.start(request, { resolve: resolve as (result: unknown) => void, reject }, transfer)
    })
  }

  /** Returns what `forget` takes. */
  start(request: Request, pending: Pending, transfer: readonly Transferable[] = []): number {
    const id = this.#nextId++
    if (this.#lost) {
      pending.reject(this.#lost)
      return id
    }
    if (this.#pending.size === 0) this.#port.ref()
    this.#pending.set(id, pending)
    this.#port.postMessage([id, request], [...transfer])
    return id
  }

  /** Without an answer. */
  tell(request: Request, transfer: readonly Transferable[] = []): void {
    this.#port.postMessage([0, request], [...transfer])
  }

  /** Tells the other side that the answer is no longer wanted. */
  forget(id: number): void {
    if (!this.#pending.delete(id)) return
    if (this.#pending.size === 0) this.#port.unref()
    this.#port.postMessage([id])
  }

  close(): void {
    this.#port.close()
    this.#lose()
  }

  #settle([id, result, error, returned]: Answer): void {
    const pending = this.#pending.get(id)
    if (!pending) return
    this.#pending.delete(id)
    if (this.#pending.size === 0) this.#port.unref()
    if (error) pending.reject(fromWire(error), returned)
    else pending.resolve(result)
  }

  #lose(): void {
    this.#lost ??= new ConnectException(`The log is closed: its ${this.#peer} is gone`, {
      hint: 'If the worker is not stopping, look for the error that ended it in its log.',
    })
    for (const pending of this.#pending.values()) pending.reject(this.#lost)
    this.#pending.clear()
  }
}
