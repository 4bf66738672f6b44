import type { MessagePort, Transferable } from 'node:worker_threads'
import type { EncodedBatch } from '../log.ts'
import type { Answer } from './link.ts'
import { toWire } from './wire-error.ts'

/** A thread as the writer knows it: its answers are collected and go out in one message. */
export class Caller {
  /** What it waits for, and how to take that back. */
  readonly watches = new Map<number, () => void>()
  readonly #port: MessagePort
  #answers: Answer[] = []
  #transfer: Transferable[] = []

  constructor(port: MessagePort) {
    this.#port = port
  }

  answer(id: number, result?: unknown): void {
    this.#answers.push([id, result])
  }

  /** The batches go back: the caller may append them again. */
  refuse(id: number, error: unknown, batches: readonly EncodedBatch[]): void {
    const bytes = batches.map((batch) => batch.bytes)
    this.#answers.push([id, undefined, toWire(error), bytes])
    for (const { buffer } of bytes) this.#transfer.push(buffer as ArrayBuffer)
  }

  send(): void {
    if (this.#answers.length === 0) return
    this.#port.postMessage(this.#answers, this.#transfer)
    this.#answers = []
    this.#transfer = []
  }

  forget(id: number): void {
    this.watches.get(id)?.()
    this.watches.delete(id)
  }

  forgetAll(): void {
    for (const remove of this.watches.values()) remove()
    this.watches.clear()
  }

  close(): void {
    this.#port.close()
  }
}
