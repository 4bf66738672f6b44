import { type Resolution, resolution } from './resolution.ts'
import { u16be, u16le, u32be, u32le } from './window.ts'

/** An interface of a pcapng section, as far as packets depend on it. */
export interface CaptureInterface {
  readonly linkType: number
  /** 0 is unlimited. */
  readonly snapLength: number
  readonly fcsLength: number
  readonly name: string
  readonly timeResolution: number
  readonly resolution: Resolution
}

const NAME = 2
const TIME_RESOLUTION = 9
const FCS_LENGTH = 13
const TIME_OFFSET = 14
const MICROSECONDS = 6
/** What Wireshark calls an interface without a name. */
const NAMELESS = 'unknown'
const MAX_NAME_OCTETS = 255

const utf8 = new TextDecoder()

export function parseInterface(
  octets: Uint8Array,
  body: number,
  end: number,
  isBig: boolean,
): CaptureInterface {
  const u16 = isBig ? u16be : u16le
  const u32 = isBig ? u32be : u32le
  let name = NAMELESS
  let timeResolution = MICROSECONDS
  let fcsLength = 0
  let offset = 0
  let at = body + 8
  while (at + 4 <= end) {
    const code = u16(octets, at)
    const length = u16(octets, at + 2)
    const value = at + 4
    // The end mark may be missing; an option that overruns its block ends the options.
    if (code === 0 || value + length > end) break
    if (code === NAME) name = text(octets, value, length)
    else if (code === TIME_RESOLUTION && length === 1) timeResolution = octets[value]!
    else if (code === FCS_LENGTH && length === 1) fcsLength = octets[value]!
    else if (code === TIME_OFFSET && length === 8) offset = seconds(octets, value, isBig)
    at = value + ((length + 3) & ~3)
  }
  return captureInterface({
    linkType: u16(octets, body),
    snapLength: u32(octets, body + 4),
    fcsLength,
    name,
    timeResolution,
    offset,
  })
}

type Described = Omit<CaptureInterface, 'resolution'> & { readonly offset: number }

function captureInterface({ offset, ...rest }: Described): CaptureInterface {
  return { ...rest, resolution: resolution(rest.timeResolution, offset) }
}

function text(octets: Uint8Array, at: number, length: number): string {
  const end = octets.subarray(at, at + length).indexOf(0)
  const used = Math.min(end < 0 ? length : end, MAX_NAME_OCTETS)
  return utf8.decode(octets.subarray(at, at + used))
}

function seconds(octets: Uint8Array, at: number, isBig: boolean): number {
  const view = new DataView(octets.buffer, octets.byteOffset + at, 8)
  return Number(view.getBigInt64(0, !isBig))
}

/** A section's interfaces as one line, for a source offset, whose values are primitives. */
export function encodeInterfaces(interfaces: readonly CaptureInterface[]): string {
  return JSON.stringify(
    interfaces.map((one) => [
      one.linkType,
      one.snapLength,
      one.fcsLength,
      one.timeResolution,
      one.resolution.offset,
      one.name,
    ]),
  )
}

/** The reverse; undefined when the text is not what {@link encodeInterfaces} writes. */
export function decodeInterfaces(encoded: string): readonly CaptureInterface[] | undefined {
  let rows: unknown
  try {
    rows = JSON.parse(encoded)
  } catch {
    return undefined
  }
  if (!Array.isArray(rows)) return undefined
  const interfaces: CaptureInterface[] = []
  for (const row of rows as unknown[]) {
    if (!Array.isArray(row) || row.length !== 6) return undefined
    const [linkType, snapLength, fcsLength, timeResolution, offset, name] = row as unknown[]
    const numbers = [linkType, snapLength, fcsLength, timeResolution, offset]
    if (!numbers.every((value) => Number.isSafeInteger(value)) || typeof name !== 'string')
      return undefined
    interfaces.push(
      captureInterface({
        linkType: linkType as number,
        snapLength: snapLength as number,
        fcsLength: fcsLength as number,
        name,
        timeResolution: timeResolution as number,
        offset: offset as number,
      }),
    )
  }
  return interfaces
}
