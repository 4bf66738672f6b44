import type * as Snappy from 'snappy'
import { codecPackage } from './codec-package.ts'

const snappy = codecPackage<typeof Snappy>('snappy', 'snappy')

/**
 * Kafka's snappy is a stream of blocks as the Java library xerial writes it: this head, then each block behind its size. librdkafka and
 * others may write one block alone, without any of it.
 */
const HEAD = Buffer.from('82534e415050590000000001' + '00000001', 'hex')
const MAGIC_BYTES = 8

/** Snappy's matches reach back 64 KB: larger blocks gain nothing, smaller ones lose. */
const BLOCK_BYTES = 64 * 1024

/** A match of 64 bytes takes three: what says that it unfolds to more is broken, and must not make us allocate it. */
const MOST_RATIO = 22

export function compressSnappy(bytes: Buffer): Buffer {
  const parts: Buffer[] = [HEAD]
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    const block = snappy().compressSync(bytes.subarray(at, at + BLOCK_BYTES))
    const size = Buffer.allocUnsafe(4)
    size.writeUInt32BE(block.length)
    parts.push(size, block)
  }
  return Buffer.concat(parts)
}

/** Throws a RangeError when it would be more than `maxBytes`, and whatever snappy throws when it is broken. */
export function decompressSnappy(bytes: Buffer, maxBytes: number): Buffer {
  if (!startsStream(bytes, 0)) return uncompress(bytes, maxBytes)
  const blocks: Buffer[] = []
  let left = maxBytes
  let at = 0
  while (at < bytes.length) {
    // Streams that were joined have a head in the middle: Java reads over it, so do we.
    if (startsStream(bytes, at)) {
      at += HEAD.length
      continue
    }
    const start = at + 4
    const size = start <= bytes.length ? bytes.readUInt32BE(at) : Infinity
    if (size > bytes.length - start) throw new RangeError('a block is cut')
    const block = uncompress(bytes.subarray(start, start + size), left)
    blocks.push(block)
    left -= block.length
    at = start + size
  }
  return blocks.length === 1 ? (blocks[0] as Buffer) : Buffer.concat(blocks)
}

function startsStream(bytes: Buffer, at: number): boolean {
  if (bytes.length - at < HEAD.length) return false
  return bytes.compare(HEAD, 0, MAGIC_BYTES, at, at + MAGIC_BYTES) === 0
}

function uncompress(block: Buffer, maxBytes: number): Buffer {
  const size = saidSize(block)
  if (size > maxBytes) throw new RangeError(`it unfolds to more than ${maxBytes} bytes`)
  if (size > block.length * MOST_RATIO) throw new RangeError('a block says an impossible size')
  return snappy().uncompressSync(block) as Buffer
}

/** A block begins with its unfolded size, seven bits a byte. */
function saidSize(block: Buffer): number {
  let size = 0
  for (let i = 0; i < 5; i++) {
    const byte = block[i]
    if (byte === undefined) break
    size += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) return size
  }
  throw new RangeError('a block has no size')
}
