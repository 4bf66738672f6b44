import type { Packet } from '../../runtime/packet/index.ts'

/** At once, at a speed relative to the capture's own clock, or so many packets a second. */
export type Pace = { readonly speed: number } | { readonly rate: number } | 'none'

/** `none`, `original`, `x2.0`, `rate:20000`; undefined for anything else. */
export function parsePace(text: string): Pace | undefined {
  if (text === 'none') return 'none'
  if (text === 'original') return { speed: 1 }
  const match = /^(x|rate:)(\d+(?:\.\d+)?)$/.exec(text)
  const number = Number(match?.[2])
  if (match === null || !(number > 0)) return undefined
  return match[1] === 'x' ? { speed: number } : { rate: number }
}

/** Says how long to wait before a packet is told. One serves all files of a task. */
export class Pacer {
  readonly #pace: Exclude<Pace, 'none'>
  #startedMs: number | undefined
  #firstMs = 0
  #told = 0

  constructor(pace: Exclude<Pace, 'none'>) {
    this.#pace = pace
  }

  /** Milliseconds from `nowMs` until the packet is due; not above zero when it is late. */
  waitMs(packet: Packet, nowMs: number): number {
    const capturedMs = packet.seconds * 1000 + packet.nanoseconds / 1e6
    if (this.#startedMs === undefined) {
      this.#startedMs = nowMs
      this.#firstMs = capturedMs
    }
    if ('rate' in this.#pace)
      return this.#startedMs + (this.#told++ / this.#pace.rate) * 1000 - nowMs
    if (!packet.hasTime) return 0
    const due = this.#startedMs + (capturedMs - this.#firstMs) / this.#pace.speed
    return due - nowMs
  }

  /** A new file begins its own clock: captures of different days do not wait for each other. */
  nextFile(): void {
    if ('speed' in this.#pace) this.#startedMs = undefined
  }
}
