import type { SinkRecord } from '../../runtime/api/index.ts'
import type { BadRecords, Key, Statement } from './statement.ts'

/** Rows that one statement writes. */
export interface Segment {
  readonly statement: Statement
  readonly rows: readonly SinkRecord[]
}

type StatementOf = (record: SinkRecord) => Statement

/** In the order in which they came, one segment a statement: for inserts, which have no key to clash by. */
export function inOrder(records: readonly SinkRecord[], statementOf: StatementOf): Segment[] {
  const rows = new Map<Statement, SinkRecord[]>()
  for (const record of records) {
    const statement = statementOf(record)
    const mine = rows.get(statement)
    if (mine) mine.push(record)
    else rows.set(statement, [record])
  }
  return Array.from(rows, ([statement, mine]) => ({ statement, rows: mine }))
}

/**
 * For what hangs on keys. One statement must not meet a key twice, so the last record of each key stands for all (the earlier ones would be
 * overwritten, or deleted, by it); inserts alone are all kept, for the table to judge. Rows go sorted by key, so that tasks that write the same
 * rows wait for each other instead of deadlocking.
 */
export function lastByKey(
  records: readonly SinkRecord[],
  statementOf: StatementOf,
  bad: BadRecords,
): Segment[] {
  const segments: Segment[] = []
  const open = new Map<Statement, KeyedRows>()
  for (const record of records) {
    const statement = statementOf(record)
    const key = statement.distinctByServer ? null : statement.keyOf(record, bad)
    if (key === undefined) continue
    if (open.size > 1 || (open.size === 1 && !open.has(statement))) {
      if (statement.mode === 'delete' && key !== null) forget(open, statement, key)
      if (clashes(open, statement, key)) {
        // I3: the key's later record must be written later.
        for (const rows of open.values()) segments.push(rows.segment())
        open.clear()
      }
    }
    let mine = open.get(statement)
    if (!mine) {
      mine = new KeyedRows(statement)
      open.set(statement, mine)
    }
    mine.put(key, record)
  }
  for (const rows of open.values()) segments.push(rows.segment())
  return segments
}

/** What a delete overtakes need not be written. */
function forget(open: ReadonlyMap<Statement, KeyedRows>, { keyColumns }: Statement, key: Key) {
  for (const rows of open.values()) {
    const { mode } = rows.statement
    if (rows.statement.keyColumns === keyColumns && (mode === 'upsert' || mode === 'update'))
      rows.remove(key)
  }
}

/** Whether another open statement has this key; where only the server knows which keys are equal, it may have. */
function clashes(
  open: ReadonlyMap<Statement, KeyedRows>,
  statement: Statement,
  key: Key | null,
): boolean {
  for (const rows of open.values()) {
    if (rows.statement === statement) continue
    if (key === null || rows.statement.keyColumns !== statement.keyColumns || rows.mayHave(key))
      return true
  }
  return false
}

class KeyedRows {
  readonly statement: Statement
  readonly #rows: (SinkRecord | null)[] = []
  readonly #keys: Key[] = []
  readonly #places = new Map<Key, number>()
  readonly #keepsAll: boolean
  #isSorted = true
  #hasHoles = false

  constructor(statement: Statement) {
    this.statement = statement
    this.#keepsAll = statement.mode === 'insert'
  }

  put(key: Key | null, record: SinkRecord): void {
    if (key === null) {
      this.#rows.push(record)
      return
    }
    const place = this.#places.get(key)
    if (place !== undefined && !this.#keepsAll) {
      this.#rows[place] = record
      return
    }
    const count = this.#keys.length
    if (count > 0 && key < (this.#keys[count - 1] as Key)) this.#isSorted = false
    this.#places.set(key, count)
    this.#keys.push(key)
    this.#rows.push(record)
  }

  remove(key: Key): void {
    const place = this.#places.get(key)
    if (place === undefined) return
    this.#places.delete(key)
    this.#rows[place] = null
    this.#hasHoles = true
  }

  mayHave(key: Key): boolean {
    return this.statement.distinctByServer || this.#places.has(key)
  }

  segment(): Segment {
    const rows = this.#isSorted || this.#keepsAll ? this.#rows : this.#sorted()
    const kept = this.#hasHoles ? rows.filter((row) => row !== null) : rows
    return { statement: this.statement, rows: kept as readonly SinkRecord[] }
  }

  #sorted(): (SinkRecord | null)[] {
    const keys = this.#keys
    const order = keys.map((_, place) => place)
    order.sort((a, b) => ((keys[a] as Key) < (keys[b] as Key) ? -1 : 1))
    return order.map((place) => this.#rows[place] as SinkRecord | null)
  }
}
