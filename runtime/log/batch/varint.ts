/** Kafka's variable-length integers: zigzag, seven bits a byte, low bits first. No BigInt: values are exact up to 2^53. */

export function varintSize(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0
  if (zigzag < 0x80) return 1
  if (zigzag < 0x4000) return 2
  if (zigzag < 0x20_0000) return 3
  return zigzag < 0x1000_0000 ? 4 : 5
}

/** Returns where the next byte goes. */
export function writeVarint(buffer: Uint8Array, value: number, at: number): number {
  let zigzag = ((value << 1) ^ (value >> 31)) >>> 0
  while (zigzag >= 0x80) {
    buffer[at++] = (zigzag & 0x7f) | 0x80
    zigzag >>>= 7
  }
  buffer[at++] = zigzag
  return at
}

const INT32 = 0x7fff_ffff

export function varlongSize(value: number): number {
  if (value >= -INT32 && value <= INT32) return varintSize(value)
  let zigzag = value < 0 ? -2 * value - 1 : 2 * value
  let size = 1
  for (; zigzag >= 0x80; zigzag = Math.floor(zigzag / 0x80)) size++
  return size
}

export function writeVarlong(buffer: Uint8Array, value: number, at: number): number {
  if (value >= -INT32 && value <= INT32) return writeVarint(buffer, value, at)
  // The doubling must not round: beyond 2^52 the low bit goes first, by itself.
  let low = Math.abs(value) % 0x40
  let rest = Math.floor(Math.abs(value) / 0x40)
  if (value < 0) {
    // zigzag(-n) = 2n - 1 = 2(n - 1) + 1
    low = low === 0 ? 0x3f : low - 1
    if (low === 0x3f) rest--
  }
  buffer[at++] = (low * 2 + (value < 0 ? 1 : 0)) | 0x80
  while (rest >= 0x80) {
    buffer[at++] = (rest % 0x80) | 0x80
    rest = Math.floor(rest / 0x80)
  }
  buffer[at++] = rest
  return at
}
