import type { TopicOffset } from '../../runtime/log/log.ts'
import { type NumberedRecord, readNumbered } from './numbered-records.ts'

/** What is wrong with what was found, by kind; numbers are those of the records. */
export interface Verdict {
  /** Acknowledged, and not there. */
  readonly missing: readonly number[]
  /** There more than once. At least once allows it; nothing else does. */
  readonly duplicates: readonly number[]
  /** First seen after a later one of their key; in a table: older than the last that was acknowledged. */
  readonly disordered: readonly number[]
  /** Not what was written, as they were found. */
  readonly changed: readonly unknown[]
  /** Never sent. */
  readonly unknown: readonly number[]
}

/**
 * Knows what was sent and what was acknowledged, and judges what is found at the other end. What was sent and not acknowledged may be there
 * or not.
 */
export class Oracle {
  readonly #sent = new Map<number, NumberedRecord>()
  readonly #acknowledged = new Set<number>()

  /** Before anything can reach the target. */
  sent(records: readonly NumberedRecord[]): void {
    for (const record of records) this.#sent.set(record.fields.n, record)
  }

  acknowledged(records: readonly NumberedRecord[]): void {
    for (const { fields } of records) this.#acknowledged.add(fields.n)
  }

  get acknowledgedCount(): number {
    return this.#acknowledged.size
  }

  /** What was appended or inserted, in the order of its arrival: values or rows. */
  judge(found: Iterable<unknown>): Verdict {
    const verdict = emptyVerdict()
    const seen = new Set<number>()
    const latest = new Map<string, number>()
    for (const one of found) {
      const fields = this.#read(one, verdict)
      if (!fields) continue
      const { n, k, s } = fields
      if (seen.has(n)) {
        verdict.duplicates.push(n)
        continue
      }
      seen.add(n)
      // What comes again begins further back: only a record that was never seen can be out of order.
      if (s < (latest.get(k) ?? -1)) verdict.disordered.push(n)
      else latest.set(k, s)
    }
    for (const n of this.#acknowledged) if (!seen.has(n)) verdict.missing.push(n)
    return verdict
  }

  /** What was upserted: one row a key, none older than the last acknowledged of its key. */
  judgeTable(rows: Iterable<unknown>): Verdict {
    const verdict = emptyVerdict()
    const found = new Map<string, number>()
    for (const row of rows) {
      const fields = this.#read(row, verdict)
      if (!fields) continue
      if (found.has(fields.k)) verdict.duplicates.push(fields.n)
      found.set(fields.k, Math.max(fields.s, found.get(fields.k) ?? -1))
    }
    for (const { n, k, s } of this.#lastAcknowledged()) {
      const there = found.get(k)
      if (there === undefined) verdict.missing.push(n)
      else if (there < s) verdict.disordered.push(n)
    }
    return verdict
  }

  #read(found: unknown, verdict: ReturnType<typeof emptyVerdict>) {
    const fields = readNumbered(found)
    const sent = fields && this.#sent.get(fields.n)
    if (!fields) verdict.changed.push(found)
    else if (!sent) verdict.unknown.push(fields.n)
    else if (sent.fields.crc !== fields.crc) verdict.changed.push(found)
    else return fields
    return undefined
  }

  #lastAcknowledged() {
    const last = new Map<string, NumberedRecord['fields']>()
    for (const n of this.#acknowledged) {
      const fields = this.#sent.get(n)?.fields
      if (fields && fields.s >= (last.get(fields.k)?.s ?? 0)) last.set(fields.k, fields)
    }
    return last.values()
  }
}

/** Nothing missing, changed, disordered or unknown; duplicates only where they are allowed. */
export function isSound(verdict: Verdict, { duplicates }: { duplicates: 'allowed' | 'none' }) {
  const { missing, disordered, changed, unknown } = verdict
  const bad = missing.length + disordered.length + changed.length + unknown.length
  return bad === 0 && (duplicates === 'allowed' || verdict.duplicates.length === 0)
}

/** A line for people: how many of each, and the first few. */
export function inWords(verdict: Verdict): string {
  const kinds = Object.entries(verdict) as [string, readonly unknown[]][]
  return kinds
    .map(([kind, all]) => {
      const first = all.slice(0, 5).map((one) => (typeof one === 'number' ? one : show(one)))
      return `${all.length} ${kind}${first.length > 0 ? ` (${first.join(', ')})` : ''}`
    })
    .join(', ')
}

/**
 * Records below a committed offset that the target does not hold (I1): the offset is ahead of it. Ask the target after the offsets were read,
 * and only then: it may have got more meanwhile, never less.
 */
export function aheadOfTarget(
  committed: readonly TopicOffset[],
  log: Iterable<TopicOffset & { readonly n: number }>,
  isInTarget: (n: number) => boolean,
): number[] {
  const ends = new Map(committed.map((at) => [`${at.partition} ${at.topic}`, at.offset]))
  const ahead: number[] = []
  for (const { topic, partition, offset, n } of log)
    if (offset < (ends.get(`${partition} ${topic}`) ?? 0) && !isInTarget(n)) ahead.push(n)
  return ahead
}

function show(found: unknown): string {
  const text = found instanceof Uint8Array ? Buffer.from(found).toString() : String(found)
  return (typeof found === 'object' && !(found instanceof Uint8Array) ? '[a row]' : text).slice(
    0,
    80,
  )
}

function emptyVerdict() {
  return {
    missing: [] as number[],
    duplicates: [] as number[],
    disordered: [] as number[],
    changed: [] as unknown[],
    unknown: [] as number[],
  }
}
