import { crc32c } from '@node-rs/crc32'

/** What a numbered record says of itself, in a value or in the columns of a row. */
export interface NumberedFields {
  /** Its number among all. */
  readonly n: number
  /** Its key. */
  readonly k: string
  /** Its number among those of its key. */
  readonly s: number
  readonly pad: string
  readonly crc: number
}

export interface NumberedRecord {
  readonly key: string
  /** The fields as JSON. */
  readonly value: string
  readonly fields: NumberedFields
}

export interface NumberedOptions {
  readonly from?: number
  readonly count: number
  /** Record n has key n modulo this. */
  readonly keys?: number
  readonly padBytes?: number
}

/** Records that can be told apart, counted and checked wherever they turn up: the same number is always the same record. */
export function numberedRecords(options: NumberedOptions): NumberedRecord[] {
  const { from = 0, count } = options
  return Array.from({ length: count }, (_, i) => numberedRecord(from + i, options))
}

export function numberedRecord(
  n: number,
  { keys = 1, padBytes = 0 }: Omit<NumberedOptions, 'count'> = {},
): NumberedRecord {
  const k = `key-${n % keys}`
  const s = Math.floor(n / keys)
  const pad = `${n}.`.repeat(Math.ceil(padBytes / `${n}.`.length)).slice(0, padBytes)
  const fields = { n, k, s, pad, crc: checksum({ n, k, s, pad }) }
  return { key: k, value: JSON.stringify(fields), fields }
}

/** The fields of a value or a row, or undefined when it is not what was written. A driver may give numbers as text or bigint. */
export function readNumbered(found: unknown): NumberedFields | undefined {
  const row = typeof found === 'string' || found instanceof Uint8Array ? parse(found) : found
  if (typeof row !== 'object' || row === null) return undefined
  const { n, k, s, pad, crc } = row as Record<string, unknown>
  const fields = { n: Number(n), k: String(k), s: Number(s), pad: String(pad), crc: Number(crc) }
  return checksum(fields) === fields.crc ? fields : undefined
}

function checksum({ n, k, s, pad }: Omit<NumberedFields, 'crc'>): number {
  return crc32c(JSON.stringify([n, k, s, pad]))
}

function parse(text: string | Uint8Array): unknown {
  try {
    return JSON.parse(typeof text === 'string' ? text : Buffer.from(text).toString())
  } catch {
    return undefined
  }
}
