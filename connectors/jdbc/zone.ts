const minute = 60_000
const day = 86_400_000
/** No zone changes its offset off a quarter of an hour (since 1972; before that, offsets run in seconds and are asked one by one). */
const quarter = 15 * minute
const remembered = 4096

/** The names that Java takes beside those of the tz database. */
const javaShortNames: Readonly<Record<string, string>> = {
  ACT: 'Australia/Darwin',
  AET: 'Australia/Sydney',
  ART: 'Africa/Cairo',
  AST: 'America/Anchorage',
  BST: 'Asia/Dhaka',
  CST: 'America/Chicago',
  CTT: 'Asia/Shanghai',
  ECT: 'Europe/Paris',
  EST: '-05:00',
  HST: '-10:00',
  IST: 'Asia/Kolkata',
  JST: 'Asia/Tokyo',
  MST: '-07:00',
  NST: 'Pacific/Auckland',
  PNT: 'America/Phoenix',
  PST: 'America/Los_Angeles',
  Z: 'UTC',
}

/** The wall clock of a time zone. */
export interface Zone {
  /** Ms to add to an instant to read its wall clock as if it were UTC. */
  offset(epochMs: number): number
}

export const utc: Zone = { offset: () => 0 }

/** Undefined when there is no such zone. */
export function zoneNamed(name: string): Zone | undefined {
  const zone = javaShortNames[name] ?? name
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  } catch {
    return undefined
  }
  return format.resolvedOptions().timeZone === 'UTC' ? utc : new NamedZone(format)
}

class NamedZone implements Zone {
  readonly #format: Intl.DateTimeFormat
  readonly #offsets = new Map<number, number>()

  constructor(format: Intl.DateTimeFormat) {
    this.#format = format
  }

  offset(epochMs: number): number {
    if (Math.abs(epochMs) > 8.64e15) return 0 // beyond Date: beyond what Postgres stores, too
    const start = epochMs < 0 ? epochMs : Math.floor(epochMs / quarter) * quarter
    const known = this.#offsets.get(start)
    if (known !== undefined) return known
    if (this.#offsets.size >= remembered) this.#offsets.clear() // I6
    const offset = this.#ask(start)
    this.#offsets.set(start, offset)
    return offset
  }

  #ask(epochMs: number): number {
    const parts = Object.fromEntries(
      this.#format.formatToParts(epochMs).map(({ type, value }) => [type, value]),
    )
    const year = parts['era'] === 'BC' ? 1 - Number(parts['year']) : Number(parts['year'])
    const wall = new Date(0)
    wall.setUTCFullYear(year, Number(parts['month']) - 1, Number(parts['day']))
    wall.setUTCHours(Number(parts['hour']), Number(parts['minute']), Number(parts['second']))
    return wall.getTime() - Math.floor(epochMs / 1000) * 1000
  }
}

/** `2026-11-21 01:02:03.123+00`: the wall clock with its offset, which is right for columns with a zone and without one. */
export function timestampText(epochMs: number, zone: Zone): string {
  const offset = zone.offset(epochMs)
  const [date, era] = dateAndEra(epochMs + offset)
  return `${date} ${clockText(epochMs + offset)}${offsetText(offset)}${era}`
}

export function dateText(epochMs: number, zone: Zone): string {
  return dateAndEra(epochMs + zone.offset(epochMs)).join('')
}

export function timeText(epochMs: number, zone: Zone): string {
  return clockText(epochMs + zone.offset(epochMs))
}

function dateAndEra(wallMs: number): [date: string, era: string] {
  const date = new Date(wallMs)
  const year = date.getUTCFullYear()
  const shown = year > 0 ? year : 1 - year
  const text = [shown, date.getUTCMonth() + 1, date.getUTCDate()]
    .map((part, i) => String(part).padStart(i === 0 ? 4 : 2, '0'))
    .join('-')
  return [text, year > 0 ? '' : ' BC']
}

function clockText(wallMs: number): string {
  const ms = ((wallMs % day) + day) % day
  return new Date(ms).toISOString().slice(11, 23)
}

function offsetText(offset: number): string {
  const seconds = Math.abs(offset) / 1000
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  while (parts.length > 1 && parts.at(-1) === 0) parts.pop()
  return (offset < 0 ? '-' : '+') + parts.map((part) => String(part).padStart(2, '0')).join(':')
}
