import type { Packet } from './packet.ts'

/** How an interface of a pcapng section counts time. */
export interface Resolution {
  /** Units a second when a packet's time can be split in doubles; 0 for the rest, which take BigInt. */
  readonly fast: number
  readonly unitsPerSecond: bigint
  /** Seconds to add (if_tsoffset). */
  readonly offset: number
}

/** `code` is if_tsresol: 10^-n seconds, or 2^-n with the top bit set. */
export function resolution(code: number, offset: number): Resolution {
  const exponent = code & 0x7f
  const isDecimal = code < 0x80
  return {
    fast: isDecimal && exponent <= 9 ? 10 ** exponent : 0,
    unitsPerSecond: (isDecimal ? 10n : 2n) ** BigInt(exponent),
    offset,
  }
}

/**
 * Sets a packet's time from the two halves of a 64-bit count. Nanoseconds since 1970 do not fit a double, so the count is
 * divided as on paper, 16 bits at a time: no step exceeds 2^46.
 */
export function setTime(
  packet: Packet,
  { fast, unitsPerSecond, offset }: Resolution,
  high: number,
  low: number,
): void {
  packet.hasTime = true
  if (fast === 0) {
    const units = (BigInt(high) << 32n) | BigInt(low)
    packet.seconds = Number(units / unitsPerSecond) + offset
    packet.nanoseconds = Number(((units % unitsPerSecond) * 1_000_000_000n) / unitsPerSecond)
    return
  }
  const top = Math.floor(high / fast)
  const middle = (high % fast) * 0x10000 + (low >>> 16)
  const bottom = (middle % fast) * 0x10000 + (low & 0xffff)
  packet.seconds =
    top * 0x100000000 + Math.floor(middle / fast) * 0x10000 + Math.floor(bottom / fast) + offset
  packet.nanoseconds = (bottom % fast) * (1e9 / fast)
}
