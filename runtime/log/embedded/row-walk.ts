import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { CorruptException } from '../../api/errors.ts'
import { decodeBatch } from '../batch/batch-decoder.ts'
import { BASE_OFFSET, ROW_ID } from './database.ts'
import { checkRow, type Place, type Row } from './rows.ts'
import { isDamage } from './sqlite-errors.ts'

const SLICE_ROWS = 64

/** A stretch of offsets. `lost` was given up before. */
export type Stretch =
  | {
      readonly kind: 'sound'
      readonly from: number
      readonly to: number
      readonly row: Row
      readonly records: number
    }
  | {
      readonly kind: 'damaged' | 'missing' | 'lost'
      readonly from: number
      readonly to: number
      readonly why: string
    }

export interface Walked extends Place {
  readonly first: number
  readonly next: number
}

/** Walks all rows of a partition, past whatever cannot be read, and says of every offset what became of it. */
export class RowWalk {
  readonly #slice: StatementSync
  readonly #losses: StatementSync

  constructor(db: DatabaseSync) {
    this.#slice = db.prepare(
      `SELECT ${BASE_OFFSET} AS base, span, until, checksum, batch FROM batches
       WHERE id >= ${ROW_ID('?1', '?2')} AND id < ${ROW_ID('(?1 + 1)', '0')} ORDER BY id LIMIT ?3`,
    )
    this.#losses = db.prepare('SELECT first, next FROM losses WHERE partition = ? ORDER BY first')
  }

  *walk(place: Walked): Generator<Stretch> {
    const losses = this.#lossesOf(place.id)
    let at = place.first
    let why: string | undefined
    for (const found of this.#rows(place)) {
      if (typeof found === 'string') {
        why = found
        continue
      }
      const sound = soundOf(found, place)
      if (typeof sound === 'string') {
        why ??= sound
        continue
      }
      const { base, span } = found
      if (base < at) continue
      if (base > at) yield* gap(at, base, why, losses)
      why = undefined
      at = base + span
      yield { kind: 'sound', from: base, to: at, row: found, records: sound }
    }
    if (at < place.next) yield* gap(at, place.next, why, losses)
  }

  /** Rows, and in words what is in the way of them. */
  *#rows({ id, first, next }: Walked): Generator<Row | string> {
    for (let at = first; ; ) {
      const rows = this.#read(id, at, SLICE_ROWS) ?? this.#read(id, at, 1)
      if (rows) {
        for (const row of rows) {
          yield row
          at = Math.max(at, row.base + 1)
        }
        if (rows.length === 0) return
      } else {
        yield 'its page cannot be read'
        const after = this.#readableAfter(id, at, next)
        if (after === undefined) return
        at = after
      }
    }
  }

  /** The least offset past a place that cannot be read from which on rows can be: doubling steps, then halving them. */
  #readableAfter(id: number, at: number, end: number): number | undefined {
    let step = 1
    while (!this.#read(id, at + step, 1)) {
      if (at + step > end) return undefined
      step *= 2
    }
    let [low, high] = [at + Math.floor(step / 2), at + step]
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2)
      if (this.#read(id, middle, 1)) high = middle
      else low = middle
    }
    return high
  }

  #read(id: number, from: number, rows: number): Row[] | undefined {
    try {
      const found = this.#slice.all(id, from, rows) as unknown as Row[]
      // In a damaged page rows may come that were not asked for, again and again.
      return found.every(({ base }) => base >= from) ? found : undefined
    } catch (error) {
      if (isDamage(error)) return undefined
      throw error
    }
  }

  #lossesOf(id: number): readonly { first: number; next: number }[] {
    try {
      return this.#losses.all(id) as unknown as { first: number; next: number }[]
    } catch (error) {
      if (isDamage(error)) return []
      throw error
    }
  }
}

/** How many records a row holds, or what is wrong with it. */
function soundOf(row: Row, place: Place): number | string {
  try {
    return decodeBatch(checkRow(row, place), place).length
  } catch (error) {
    if (!(error instanceof CorruptException)) throw error
    return (error.cause as Error | undefined)?.message ?? error.message
  }
}

function* gap(
  from: number,
  to: number,
  why: string | undefined,
  losses: readonly { readonly first: number; readonly next: number }[],
): Generator<Stretch> {
  let at = from
  const rest = (end: number): Stretch => ({
    kind: why === undefined ? 'missing' : 'damaged',
    from: at,
    to: end,
    why: why ?? 'nothing is there',
  })
  for (const { first, next } of losses) {
    if (next <= at || first >= to) continue
    if (first > at) yield rest(first)
    at = Math.max(at, first)
    const end = Math.min(next, to)
    yield { kind: 'lost', from: at, to: end, why: 'given up before' }
    at = end
  }
  if (at < to) yield rest(to)
}
