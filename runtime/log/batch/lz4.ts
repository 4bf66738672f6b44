import type * as Lz4 from 'lz4-napi'
import { codecPackage } from './codec-package.ts'

const lz4 = codecPackage<typeof Lz4>('lz4-napi', 'lz4')

const MAGIC = 0x184d2204
const SKIPPABLE = 0x184d2a50
const FLAG_DICTIONARY = 0x01
const FLAG_CONTENT_CHECKSUM = 0x04
const FLAG_CONTENT_SIZE = 0x08
const FLAG_BLOCK_CHECKSUM = 0x10
const IS_PLAIN = 0x8000_0000
/** No sequence of an LZ4 block unfolds further. */
const MOST_RATIO = 255

export function compressLz4(bytes: Buffer): Buffer {
  return lz4().compressFrameSync(bytes)
}

/**
 * All frames of `bytes`. The package reads the first one alone, takes one without an end for whole, and allocates whatever comes out: so the
 * frames are walked here first. Throws a RangeError when one is cut or all would be more than `maxBytes`.
 */
export function decompressLz4(bytes: Buffer, maxBytes: number): Buffer {
  const contents: Buffer[] = []
  let left = maxBytes
  for (let at = 0; at < bytes.length; ) {
    const frame = readFrame(bytes, at)
    at = frame.end
    if (frame.isSkippable) continue
    if (frame.most > left && exactSize(bytes, frame.blocks) > left)
      throw new RangeError(`it unfolds to more than ${maxBytes} bytes`)
    const content = lz4().decompressFrameSync(bytes.subarray(frame.start, frame.end))
    contents.push(content)
    left -= content.length
  }
  return contents.length === 1 ? (contents[0] as Buffer) : Buffer.concat(contents)
}

interface Block {
  readonly start: number
  readonly end: number
  readonly isPlain: boolean
}

interface Frame {
  readonly start: number
  readonly end: number
  readonly isSkippable: boolean
  readonly blocks: readonly Block[]
  /** An upper bound of what it unfolds to. */
  readonly most: number
}

function readFrame(bytes: Buffer, start: number): Frame {
  const magic = uint32(bytes, start)
  if ((magic & 0xffff_fff0) >>> 0 === SKIPPABLE) {
    const end = start + 8 + uint32(bytes, start + 4)
    if (end > bytes.length) throw new RangeError('a frame is cut')
    return { start, end, isSkippable: true, blocks: [], most: 0 }
  }
  if (magic !== MAGIC) throw new RangeError('no frame begins where one should')
  const flags = bytes[start + 4] ?? 0
  // 4 to 7: 64 KB, 256 KB, 1 MB, 4 MB.
  const blockMost = 2 ** (8 + 2 * (((bytes[start + 5] ?? 0) >> 4) & 7))
  let at = start + 7
  if (flags & FLAG_CONTENT_SIZE) at += 8
  if (flags & FLAG_DICTIONARY) at += 4
  const blocks: Block[] = []
  let most = 0
  for (;;) {
    const word = uint32(bytes, at)
    at += 4
    if (word === 0) break
    const isPlain = word >= IS_PLAIN
    const end = at + (isPlain ? word - IS_PLAIN : word)
    blocks.push({ start: at, end, isPlain })
    most += isPlain ? end - at : Math.min(blockMost, (end - at) * MOST_RATIO)
    at = flags & FLAG_BLOCK_CHECKSUM ? end + 4 : end
  }
  if (flags & FLAG_CONTENT_CHECKSUM) at += 4
  if (at > bytes.length) throw new RangeError('a frame is cut')
  return { start, end: at, isSkippable: false, blocks, most }
}

function exactSize(bytes: Buffer, blocks: readonly Block[]): number {
  let size = 0
  for (const { start, end, isPlain } of blocks)
    size += isPlain ? end - start : unfoldedSize(bytes, start, end)
  return size
}

/** Adds up a block's sequences: a token, literals, and a match of at least four bytes, which the last one lacks. */
function unfoldedSize(bytes: Buffer, start: number, end: number): number {
  let size = 0
  let at = start
  const length = (nibble: number): number => {
    let sum = nibble
    if (nibble < 15) return sum
    for (let byte = 255; byte === 255 && at < end; ) {
      byte = bytes[at++] as number
      sum += byte
    }
    return sum
  }
  while (at < end) {
    const token = bytes[at++] as number
    const literals = length(token >> 4)
    size += literals
    at += literals
    if (at >= end) break
    at += 2
    size += length(token & 15) + 4
  }
  return size
}

function uint32(bytes: Buffer, at: number): number {
  if (at + 4 > bytes.length) throw new RangeError('a frame is cut')
  return bytes.readUInt32LE(at)
}
