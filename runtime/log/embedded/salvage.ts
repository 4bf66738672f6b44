import type { DatabaseSync } from 'node:sqlite'
import { HEADER_BYTES } from '../batch/layout.ts'
import type { TopicOffset, TopicPartition, TopicSettings } from '../log.ts'
import type { Inspected, TopicRow } from './catalog-content.ts'
import { BASE_OFFSET, ROW_ID } from './database.ts'
import type { PartitionRow } from './record-checksums.ts'
import { checksumOfPlace, isSoundRow } from './row-checksum.ts'
import type { Row } from './rows.ts'
import { isDamage } from './sqlite-errors.ts'
import { checkSettings } from './topic-policy.ts'

export interface SalvagedTopic {
  readonly topic: string
  readonly settings: TopicSettings
  /** In order of their numbers; id 0: nothing is known of it. */
  readonly partitions: readonly Pick<PartitionRow, 'id' | 'first' | 'next' | 'until' | 'cleaned'>[]
}

/** What a repair can keep of topics and groups, and what it cannot. */
export interface Salvage {
  readonly topics: readonly SalvagedTopic[]
  readonly offsets: readonly (TopicOffset & { readonly group: string })[]
  readonly givesUp: readonly string[]
}

/** Puts topics together from what is left of their records, and from the rows of batches, which know where they belong. */
export function salvage(
  db: DatabaseSync,
  found: Inspected,
  slots: readonly (number | undefined)[],
): Salvage {
  const givesUp: string[] = []
  const orphans = new Orphans(db, found)
  const topics = namesOf(found).map((name): SalvagedTopic => {
    const row = found.topics.find((topic) => topic.name === name)
    const rows = new Map(found.partitions.get(name)?.map((one) => [one.number, one]))
    const count = row?.partitions ?? Math.max(orphans.countOf(name), ...rows.keys(), 0) + 1
    const partitions = Array.from({ length: count }, (_, number) => {
      const known = rows.get(number) ?? orphans.claim(name, number)
      const place = `topic "${name}", partition ${number}`
      if (!rows.has(number)) {
        givesUp.push(
          known
            ? `${place}: its record (offsets begin with the first batch that is there)`
            : `${place}: its record, and no batch is there: it begins anew at offset 0`,
        )
      }
      const { id = 0, first = 0, next = 0, until = -1, cleaned = 0 } = known ?? {}
      const end = orphans.endOf(id, { topic: name, partition: number })
      return { id, first, next: Math.max(next, slots[id] ?? 0, end), until, cleaned }
    })
    return { topic: name, settings: settingsOf(name, row, { found, givesUp }), partitions }
  })
  for (const id of orphans.left)
    givesUp.push(`partition number ${id} of the log: its batches say of no topic that is known`)
  const names = new Set(topics.map(({ topic }) => topic))
  const offsets = found.offsets.filter(({ topic }) => names.has(topic))
  const lost = (found.log?.cleaned ?? offsets.length) - offsets.length
  if (lost > 0 || !found.log)
    givesUp.push(
      `${found.log ? lost : 'perhaps some'} offsets of groups: they begin where their connectors say (consumer.override.auto.offset.reset)`,
    )
  return { topics, offsets, givesUp }
}

function namesOf({ topics, partitions }: Inspected): string[] {
  return [...new Set([...topics.map(({ name }) => name), ...partitions.keys()])].sort()
}

/** Of a damaged record only the policy is believed: a changed retention would delete. */
function settingsOf(
  name: string,
  row: TopicRow | undefined,
  { found, givesUp }: { readonly found: Inspected; readonly givesUp: string[] },
): TopicSettings {
  if (row) return JSON.parse(row.settings) as TopicSettings
  const text = found.damagedTopics.find((topic) => topic.name === name)?.settings ?? ''
  const policy = /"cleanup\.policy":"([a-z,]+)"/.exec(text)?.[1]
  const settings: TopicSettings = policy === undefined ? {} : { 'cleanup.policy': policy }
  try {
    checkSettings(name, settings)
    givesUp.push(`topic "${name}": its settings, except ${JSON.stringify(settings)}`)
    return settings
  } catch {
    givesUp.push(`topic "${name}": its settings`)
    return {}
  }
}

/** Rows of batches whose partition has no record any more. A row's checksum says to which topic and partition it belongs. */
class Orphans {
  readonly #db: DatabaseSync
  readonly #ids = new Set<number>()

  constructor(db: DatabaseSync, { partitions, deleted }: Inspected) {
    this.#db = db
    const known = new Set([...partitions.values()].flat().map(({ id }) => id))
    const next = db.prepare(
      `SELECT id >> 46 AS id FROM batches WHERE id >= ${ROW_ID('?', '0')} ORDER BY id LIMIT 1`,
    )
    for (let at = 1; ; ) {
      const id = readOr(() => next.get(at)?.['id'], undefined)
      if (typeof id !== 'number') break
      if (!known.has(id) && !deleted.has(id)) this.#ids.add(id)
      // In a damaged page a row may come that was not asked for.
      at = Math.max(at, id) + 1
    }
  }

  get left(): Iterable<number> {
    return this.#ids
  }

  /** The highest partition of a topic that rows are there of, by trying. */
  countOf(topic: string): number {
    let last = -1
    for (const id of this.#ids)
      for (let number = 0; number < 64; number++)
        if (this.#firstRow(id, { topic, partition: number })) last = Math.max(last, number)
    return last
  }

  claim(topic: string, number: number) {
    for (const id of this.#ids) {
      const first = this.#firstRow(id, { topic, partition: number })
      if (!first) continue
      this.#ids.delete(id)
      const end = this.#lastRow(id, { topic, partition: number }) ?? first
      return { id, first: first.base, next: end.base + end.span, until: end.until, cleaned: 0 }
    }
    return undefined
  }

  /** Where the rows of a partition end, 0 without any. */
  endOf(id: number, place: TopicPartition): number {
    const last = id > 0 ? this.#lastRow(id, place) : undefined
    return last ? last.base + last.span : 0
  }

  #firstRow(id: number, place: TopicPartition): Row | undefined {
    return this.#rows(id, 'ASC').find(belongsTo(place))
  }

  #lastRow(id: number, place: TopicPartition): Row | undefined {
    return this.#rows(id, 'DESC').find(belongsTo(place))
  }

  #rows(id: number, order: 'ASC' | 'DESC'): Row[] {
    const rows = this.#db.prepare(
      `SELECT ${BASE_OFFSET} AS base, span, until, checksum, substr(batch, 1, ${HEADER_BYTES}) AS batch FROM batches
       WHERE id >= ${ROW_ID('?1', '0')} AND id < ${ROW_ID('(?1 + 1)', '0')} ORDER BY id ${order} LIMIT 8`,
    )
    return readOr(() => rows.all(id) as unknown as Row[], [])
  }
}

function belongsTo(place: TopicPartition): (row: Row) => boolean {
  const checksum = checksumOfPlace(place)
  return (row) => isSoundRow({ ...row, header: row.batch }, checksum)
}

function readOr<T>(read: () => T, otherwise: T): T {
  try {
    return read()
  } catch (error) {
    if (isDamage(error)) return otherwise
    throw error
  }
}
