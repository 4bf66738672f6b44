import { Instant, type Logical } from '../../runtime/api/index.ts'
import { BadValue } from './array-writer.ts'
import { wholeNumber } from './number-wires.ts'
import { refused, type Wire, wantsText } from './wire-type.ts'
import type { Zone } from './zone.ts'

const millisecondsOfDay = 86_400_000
const daysTo2000 = 10_957

/** `zone`: whose wall clock a column without a zone shows; null for a column that holds the instant itself. */
export function timestamps(type: string, oid: number, zone: Zone | null): Wire {
  return {
    type,
    oid,
    cast: null,
    write(writer, value) {
      const ms = instantMs(value)
      const shown = zone === null ? ms : ms + zone.offset(ms)
      if (shown < -210_866_803_200_000 || shown > Number.MAX_SAFE_INTEGER)
        throw new BadValue('a time out of range for timestamp')
      writer.timestamp(shown)
    },
    keyOf: null,
  }
}

const microsecondsTo2000 = 946_684_800_000_000n

/** Counts since the epoch; `unitsPerMicrosecond`: 1000n for nanoseconds, which are rounded. */
export function epochTimestamps(
  type: string,
  oid: number,
  {
    zone,
    unitsPerMicrosecond,
  }: { readonly zone: Zone | null; readonly unitsPerMicrosecond: bigint },
): Wire {
  return {
    type,
    oid,
    cast: null,
    write(writer, value) {
      const units = wholeNumber(value)
      const micros = floored(units + unitsPerMicrosecond / 2n, unitsPerMicrosecond)
      const ms = Number(floored(micros, 1000n))
      const shown = zone === null ? micros : micros + BigInt(zone.offset(ms)) * 1000n
      if (ms < -210_866_803_200_000 || ms > 9_223_371_331_200_000)
        throw new BadValue('a time out of range for timestamp')
      writer.bigint64(shown - microsecondsTo2000)
    },
    keyOf: null,
  }
}

function floored(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a < 0n && quotient * b !== a ? quotient - 1n : quotient
}

export function dates(zone: Zone): Wire {
  return {
    type: 'date',
    oid: 1082,
    cast: null,
    write(writer, value) {
      const ms = instantMs(value)
      const days = Math.floor((ms + zone.offset(ms)) / millisecondsOfDay) - daysTo2000
      if (days < -2_451_545 || days > 2_145_031_948) throw new BadValue('a date out of range')
      writer.int32(days)
    },
    keyOf: null,
  }
}

export function times(logical: Logical | null, zone: Zone): Wire {
  return {
    type: 'time',
    oid: 1083,
    cast: null,
    write(writer, value) {
      const ms = instantMs(value)
      if (logical === 'time' && (ms < 0 || ms >= millisecondsOfDay))
        throw new BadValue('a time of day outside 0 to 24 hours')
      const shown = (ms + zone.offset(ms)) % millisecondsOfDay
      writer.int64((shown < 0 ? shown + millisecondsOfDay : shown) * 1000)
    },
    keyOf: null,
  }
}

function instantMs(value: unknown): number {
  if (value instanceof Instant) return value.epochMs
  if (typeof value === 'string') throw wantsText
  throw refused(value)
}
