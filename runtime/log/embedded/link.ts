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

interface Sent extends Pending {
  readonly isUnderWay: boolean
}

/** Requests and answers over a port. It keeps the process alive only while something is under way. */
export class Link<Request> {
  readonly #port: MessagePort
  readonly #peer: string
  readonly #pending = new Map<number, Sent>()
  #underWay = 0
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

  start(request: Request, pending: Pending, transfer: readonly Transferable[] = []): void {
    if (this.#underWay++ === 0) this.#port.ref()
    this.#send(request, { ...pending, isUnderWay: true }, transfer)
  }

  /** A request that may wait for ever: it keeps nothing alive. Returns what `forget` takes. */
  watch(request: Request, pending: Pending): number {
    return this.#send(request, { ...pending, isUnderWay: false }, [])
  }

  /** Without an answer. */
  tell(request: Request, transfer: readonly Transferable[] = []): void {
    this.#port.postMessage([0, request], [...transfer])
  }

  /** Tells the other side that the answer to a watch is no longer wanted. */
  forget(id: number): void {
    if (this.#pending.delete(id)) this.#port.postMessage([id])
  }

  close(): void {
    this.#port.close()
    this.#lose()
  }

  #send(request: Request, sent: Sent, transfer: readonly Transferable[]): number {
    const id = this.#nextId++
    this.#pending.set(id, sent)
    if (this.#lost) {
      this.#settle([id, undefined], this.#lost)
      return id
    }
    try {
      this.#port.postMessage([id, request], [...transfer])
    } catch (cause) {
      const text = `The ${this.#peer} cannot be asked: ${(cause as Error).message}`
      const hint =
        'A batch passes to the log: it can be appended once, or again after it was refused.'
      this.#settle([id, undefined], new ConnectException(text, { hint, cause }))
    }
    return id
  }

  #settle([id, result, error, returned]: Answer, lost?: ConnectException): void {
    const sent = this.#pending.get(id)
    if (!sent) return
    this.#pending.delete(id)
    if (sent.isUnderWay && --this.#underWay === 0) this.#port.unref()
    if (lost) sent.reject(lost)
    else if (error) sent.reject(fromWire(error), returned)
    else sent.resolve(result)
  }

  #lose(): void {
    this.#lost ??= new ConnectException(`The log is closed: its ${this.#peer} is gone`, {
      hint: 'If the worker is not stopping, look for the error that ended it in its log.',
    })
    for (const id of [...this.#pending.keys()]) this.#settle([id, undefined], this.#lost)
  }
}
