import { ConnectException } from '../../runtime/api/index.ts'

/** A file of one line is no text file: nothing grows with the input (I6). */
const longestLineBytes = 16 * 1024 * 1024

const lineFeed = 10
const carriageReturn = 13

export interface Line {
  readonly text: string
  /** The octet after its end. */
  readonly end: number
}

/** Octets of a file → its complete lines, which end with a line feed, a carriage return, or both. What follows the last end waits for more. */
export class LineSplitter {
  #rest: Buffer = Buffer.alloc(0)
  /** Where `#rest` begins. */
  #position: number

  constructor(position: number) {
    this.#position = position
  }

  push(chunk: Buffer): Line[] {
    const data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const lines: Line[] = []
    let start = 0
    let carriage = data.indexOf(carriageReturn)
    for (;;) {
      const feed = data.indexOf(lineFeed, start)
      if (carriage >= 0 && carriage < start) carriage = data.indexOf(carriageReturn, start)
      const end = endOfLine(feed, carriage, data.length)
      if (end === undefined) break
      lines.push({ text: data.toString('utf8', start, end.text), end: this.#position + end.next })
      start = end.next
    }
    this.#position += start
    // A copy: the chunk's memory is the reader's.
    this.#rest = Buffer.from(data.subarray(start))
    if (this.#rest.length > longestLineBytes) {
      throw new ConnectException(
        `The line at octet ${this.#position} is longer than ${longestLineBytes} octets`,
        { hint: 'Is it a text file?' },
      )
    }
    return lines
  }
}

/** Where the text ends and the next line begins; undefined while that is not known. */
function endOfLine(
  feed: number,
  carriage: number,
  length: number,
): { readonly text: number; readonly next: number } | undefined {
  if (carriage < 0 || (feed >= 0 && feed < carriage)) {
    return feed < 0 ? undefined : { text: feed, next: feed + 1 }
  }
  if (carriage + 1 === feed) return { text: carriage, next: feed + 1 }
  // The last octet: a line feed may belong to it, once it is written.
  return carriage + 1 === length ? undefined : { text: carriage, next: carriage + 1 }
}
