import type { Config } from './config.ts'
import type { Query } from './connection.ts'
import { type TableName, tableFor } from './identifier.ts'
import { lockTableSql } from './sql.ts'

export interface Place {
  readonly topic: string
  readonly partition: number
}

/** How far the target holds a partition. */
export interface Standing extends Place {
  /** The next offset to write; null: nothing was ever written. */
  readonly next: number | null
  /** Timestamp of the record before `next`, in ms: a topic that was made anew has another one there. Null: not known. */
  readonly stamp: number | null
  /** Grows with each task that takes the partition over: an older one writes no more. */
  readonly epoch: string
  /** Offsets below `next` whose records the database refused, until the host took care of them. */
  readonly refused: readonly number[]
}

const columns = `topic, part AS partition, next_offset::float8 AS next, last_timestamp::float8 AS stamp, epoch::text AS epoch, array_to_json(refused) AS refused`

/** The table that holds them: a row for each partition that a connector ever wrote. */
export class OffsetsTable {
  readonly #name: TableName
  readonly #connector: string

  constructor(name: TableName, connector: string) {
    this.#name = name
    this.#connector = connector
  }

  /** Where it is missing; two tasks may ask at once. */
  async create(query: Query): Promise<void> {
    const found = await query('SELECT to_regclass($1) IS NOT NULL AS "exists"', [this.#name.sql])
    if (found[0]?.['exists']) return
    await query('BEGIN')
    await query(lockTableSql, [this.#name.sql])
    await query(
      `CREATE TABLE IF NOT EXISTS ${this.#name.sql} (connector text, topic text, part int, next_offset bigint, last_timestamp bigint, epoch bigint NOT NULL, refused bigint[] NOT NULL DEFAULT '{}', PRIMARY KEY (connector, topic, part))`,
    )
    await query('COMMIT')
  }

  /** From now on these are ours: whoever had them is told so at his next commit. */
  claim(query: Query, places: readonly Place[]): Promise<Standing[]> {
    return this.#standings(
      query,
      `INSERT INTO ${this.#name.sql} AS o (connector, topic, part, epoch) SELECT $1, p.topic, p.part, 1 FROM UNNEST($2::text[], $3::int[]) AS p(topic, part) ORDER BY p.topic, p.part
       ON CONFLICT (connector, topic, part) DO UPDATE SET epoch = o.epoch + 1 RETURNING ${columns}`,
      places,
    )
  }

  read(query: Query, places: readonly Place[]): Promise<Standing[]> {
    return this.#standings(
      query,
      `SELECT ${columns} FROM ${this.#name.sql} AS o JOIN UNNEST($2::text[], $3::int[]) AS p(of_topic, of_part) ON topic = of_topic AND part = of_part WHERE connector = $1`,
      places,
    )
  }

  /** In the transaction of the rows. How many of them are still ours. */
  async move(query: Query, standings: readonly Standing[]): Promise<number> {
    const rows = await query(
      `UPDATE ${this.#name.sql} AS o SET next_offset = p.next, last_timestamp = p.stamp, refused = p.refused::bigint[]
         FROM UNNEST($2::text[], $3::int[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[]) AS p(topic, part, next, stamp, epoch, refused)
        WHERE o.connector = $1 AND o.topic = p.topic AND o.part = p.part AND o.epoch = p.epoch RETURNING 1`,
      [
        this.#connector,
        ...placesOf(standings),
        standings.map(({ next }) => next),
        standings.map(({ stamp }) => stamp),
        standings.map(({ epoch }) => epoch),
        standings.map(({ refused }) => `{${refused.join(',')}}`),
      ],
    )
    return rows.length
  }

  /** By hand: from here on, whatever is there; null: as if nothing was ever written. A task that runs is fenced off. */
  async set(
    query: Query,
    offsets: readonly (Place & { readonly offset: number | null })[],
  ): Promise<void> {
    for (const { topic, partition, offset } of offsets)
      await query(
        `INSERT INTO ${this.#name.sql} AS o (connector, topic, part, next_offset, epoch) VALUES ($1, $2, $3, $4, 1)
         ON CONFLICT (connector, topic, part) DO UPDATE SET next_offset = EXCLUDED.next_offset, last_timestamp = NULL, refused = '{}', epoch = o.epoch + 1`,
        [this.#connector, topic, partition, offset],
      )
  }

  async #standings(query: Query, text: string, places: readonly Place[]): Promise<Standing[]> {
    const rows = await query(text, [this.#connector, ...placesOf(places)])
    return rows as unknown as Standing[]
  }
}

/** The one that the configuration names, in the database of this connection. */
export function offsetsTable(
  config: Config,
  { database, schema }: { readonly database: string; readonly schema: string | null },
  connector: string,
): OffsetsTable {
  const format = config['offsets.table.name']
  const naming = { format, topicCharacters: 'any', isQuoted: true, database, schema } as const
  return new OffsetsTable(tableFor('', naming), connector)
}

function placesOf(places: readonly Place[]): [topics: string[], partitions: number[]] {
  return [places.map(({ topic }) => topic), places.map(({ partition }) => partition)]
}
