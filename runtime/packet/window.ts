const EMPTY = new Uint8Array(0)

/** The stretch of a stream that is in memory: chunks are added at the end, whole records are consumed at the front. */
export class Window {
  octets: Uint8Array = EMPTY
  /** First octet not yet consumed, and the end of what is there. */
  at = 0
  end = 0
  /** Position in the stream of `octets[0]`. */
  #base = 0

  constructor(position = 0) {
    this.#base = position
  }

  /** Position in the stream of the first octet not yet consumed. */
  get position(): number {
    return this.#base + this.at
  }

  positionOf(offset: number): number {
    return this.#base + offset
  }

  get available(): number {
    return this.end - this.at
  }

  /** Adds a chunk, which may be reused by the caller afterwards. */
  feed(chunk: Uint8Array): void {
    const rest = this.end - this.at
    // I6: what is kept is at most one record (readers refuse more than 16 MiB) and one chunk.
    if (rest + chunk.length > this.octets.length) {
      const wider = new Uint8Array(Math.max(rest + chunk.length, this.octets.length))
      wider.set(this.octets.subarray(this.at, this.end))
      this.octets = wider
    } else if (this.at > 0) {
      this.octets.copyWithin(0, this.at, this.end)
    }
    this.#base += this.at
    this.at = 0
    this.end = rest
    this.octets.set(chunk, rest)
    this.end += chunk.length
  }
}

export function u16be(octets: Uint8Array, at: number): number {
  return (octets[at]! << 8) | octets[at + 1]!
}

export function u16le(octets: Uint8Array, at: number): number {
  return octets[at]! | (octets[at + 1]! << 8)
}

export function u32be(octets: Uint8Array, at: number): number {
  return (
    ((octets[at]! << 24) | (octets[at + 1]! << 16) | (octets[at + 2]! << 8) | octets[at + 3]!) >>> 0
  )
}

export function u32le(octets: Uint8Array, at: number): number {
  return (
    (octets[at]! | (octets[at + 1]! << 8) | (octets[at + 2]! << 16) | (octets[at + 3]! << 24)) >>> 0
  )
}
