import t, { type Test } from 'tap'
import {
  INT32,
  INT64,
  OPTIONAL_STRING,
  type RawConfig,
  type Schema,
  SchemaBuilder,
  STRING,
  Struct,
} from '../../runtime/api/index.ts'
import { openJdbcSink, upsertByKey } from '../helpers/jdbc-sink.ts'
import { randomName, startPostgres } from '../helpers/postgres.ts'
import { sinkRecord } from '../helpers/sink-records.ts'

const byId: RawConfig = { 'pk.mode': 'record_key', 'pk.fields': 'id' }
const deletes: RawConfig = { ...upsertByKey, ...byId, 'delete.enabled': 'true' }

const server = await startPostgres(t)
if (server) {
  const database = await server.createDatabase()
  t.teardown(() => database.close())
  const open = (t: Test, raw: RawConfig) => openJdbcSink(t, database, raw)

  /** Records of one topic, numbered: key and value, null deletes. */
  const records = (topic: string, rows: readonly (readonly [key: unknown, value: unknown])[]) =>
    rows.map(([key, value], offset) => sinkRecord({ topic, offset }, { value }, { value: key }))

  const refusedOffsets = (put: Promise<void>) =>
    put.then(
      () => [],
      (error) => {
        if (error.code !== 'CONNECT_BATCH') throw error
        return [...error.errors.keys()] as number[]
      },
    )

  t.test('update changes the rows that are there, and no others', async (t) => {
    for (const type of ['int', 'numeric', 'text', 'uuid']) {
      const topic = randomName('t')
      const id = (n: number) =>
        type === 'uuid' ? `00000000-0000-0000-0000-00000000000${n}` : type === 'text' ? `${n}` : n
      await database.query(`CREATE TABLE ${topic} (id ${type} PRIMARY KEY, a text, b text)`)
      await database.query(
        `INSERT INTO ${topic} SELECT v::${type}, 'a', 'b' FROM unnest($1::text[]) v`,
        [[1, 2].map((n) => String(id(n)))],
      )
      const task = open(t, { ...byId, 'insert.mode': 'update' })
      await task.put(
        records(topic, [
          [id(1), { a: 'first' }],
          [id(3), { a: 'of nobody' }],
          [id(1), { a: 'last' }],
        ]),
      )
      t.strictSame(
        (await database.rows(topic, 'id')).map(({ a, b }) => [a, b]),
        [
          ['last', 'b'],
          ['a', 'b'],
        ],
        type,
      )
    }
  })

  t.test(
    'update without a key changes every row, as in Connect; a null key is refused',
    async (t) => {
      const topic = randomName('t')
      await database.query(`CREATE TABLE ${topic} (id int, a text)`)
      await database.query(`INSERT INTO ${topic} VALUES (1, 'a'), (2, 'b')`)
      const task = open(t, { 'insert.mode': 'update' })
      await task.put(
        records(topic, [
          [null, { a: 'x' }],
          [null, { a: 'y' }],
        ]),
      )
      t.strictSame(await database.rows(topic, 'id'), [
        { id: '1', a: 'y' },
        { id: '2', a: 'y' },
      ])
      const keyed = open(t, {
        'insert.mode': 'update',
        'pk.mode': 'record_value',
        'pk.fields': 'id',
      })
      t.strictSame(
        await refusedOffsets(
          keyed.put(
            records(topic, [
              [null, { id: 1, a: 'z' }],
              [null, { id: null, a: 'z' }],
            ]),
          ),
        ),
        [1],
      )
      t.match(await database.rows(topic, 'id'), [{ a: 'z' }, { a: 'y' }])
    },
  )

  t.test('a tombstone deletes the row of its key, in the order of the records', async (t) => {
    for (const type of ['int', 'numeric', 'citext', 'uuid']) {
      if (type === 'citext') {
        const available = await database.query(
          `SELECT 1 FROM pg_available_extensions WHERE name = 'citext'`,
        )
        if (available.length === 0) continue
        await database.query('CREATE EXTENSION citext')
      }
      const topic = randomName('t')
      const id = (n: number) => (type === 'uuid' ? `00000000-0000-0000-0000-00000000000${n}` : n)
      await database.query(
        `CREATE TABLE ${topic} (id ${type} PRIMARY KEY, a text, kept text DEFAULT 'new')`,
      )
      const task = open(t, deletes)
      await task.put(
        records(
          topic,
          [1, 2, 3, 4, 5].map((n) => [id(n), { a: `a${n}` }]),
        ),
      )
      await database.query(`UPDATE ${topic} SET kept = 'old'`)
      await task.put(
        records(topic, [
          [id(1), null],
          [id(2), null],
          [id(2), { a: 'again' }],
          [id(3), { a: 'changed' }],
          [id(3), null],
          [id(4), { a: 'changed' }],
          [id(4), null],
          [id(4), { a: 'again' }],
          [id(6), null],
          [id(7), { a: 'gone' }],
          [id(7), null],
        ]),
      )
      t.strictSame(
        (await database.rows(topic, 'id')).map(({ a, kept }) => [a, kept]),
        [
          ['again', 'new'],
          ['again', 'new'],
          ['a5', 'old'],
        ],
        type,
      )
    }
  })

  t.test('any mix of values and tombstones ends as one by one would', async (t) => {
    const schema = SchemaBuilder.struct().field('v', INT32).build()
    const wider = SchemaBuilder.struct().field('v', INT32).field('w', OPTIONAL_STRING).build()
    let seed = 20261121
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2147483648
      return Math.floor((seed / 2147483648) * below)
    }
    for (const mode of ['upsert', 'update', 'insert'] as const) {
      const topic = randomName('t')
      await database.query(`CREATE TABLE ${topic} (id int PRIMARY KEY, v int, w text)`)
      const model = new Map<number, { v: number; w: string | null }>()
      const task = open(t, { ...byId, 'insert.mode': mode, 'delete.enabled': 'true' })
      for (let batch = 0; batch < 20; batch++) {
        const made = Array.from({ length: 200 }, (_, i) => {
          const id = random(40)
          const isDelete = mode === 'insert' ? model.has(id) : random(3) === 0
          const isWide = random(2) === 0
          const v = batch * 200 + i
          const old = model.get(id)
          if (isDelete) model.delete(id)
          else if (mode !== 'update' || old)
            model.set(id, { v, w: isWide ? `w${v}` : (old?.w ?? null) })
          const shape = isWide ? wider : schema
          const value = isDelete ? null : new Struct(shape, isWide ? [v, `w${v}`] : [v])
          return sinkRecord(
            { topic, offset: v },
            { schema: isDelete && isWide ? null : shape, value },
            { schema: INT32, value: id },
          )
        })
        await task.put(made)
        if (mode === 'update' && batch % 5 === 0) {
          await database.query(
            `INSERT INTO ${topic} SELECT n, 0 FROM generate_series(0, 39) n ON CONFLICT DO NOTHING`,
          )
          for (let id = 0; id < 40; id++) if (!model.has(id)) model.set(id, { v: 0, w: null })
        }
      }
      t.strictSame(
        await database.query(`SELECT * FROM ${topic} ORDER BY id`),
        [...model].sort(([a], [b]) => a - b).map(([id, row]) => ({ id, ...row })),
        mode,
      )
    }
  })

  t.test('deletes by several key columns, whatever order a key schema has them in', async (t) => {
    const topic = randomName('t')
    const one = SchemaBuilder.struct().field('x', INT32).field('y', STRING).build()
    const other = SchemaBuilder.struct().field('y', STRING).field('x', INT32).build()
    const valueSchema = SchemaBuilder.struct().field('v', INT64).build()
    const at = (offset: number, schema: Schema, key: unknown[], v: bigint | null) =>
      sinkRecord(
        { topic, offset },
        v === null ? { value: null } : { schema: valueSchema, value: new Struct(valueSchema, [v]) },
        { schema, value: new Struct(schema, key) },
      )
    const task = open(t, { ...upsertByKey, 'delete.enabled': 'true' })
    await task.put([
      at(0, one, [1, 'a'], 1n),
      at(1, other, ['a', 1], 2n),
      at(2, one, [2, 'a'], 3n),
      at(3, other, ['a', 2], null),
      at(4, one, [3, 'a'], null),
      at(5, other, ['a', 3], 4n),
    ])
    t.strictSame(await database.rows(topic, 'x'), [
      { v: '2', x: '1', y: 'a' },
      { v: '4', x: '3', y: 'a' },
    ])
    await t.rejects(task.put([{ ...at(6, one, [1, 'a'], null), key: null }]), {
      code: 'CONNECT_ERROR',
      message: /'delete.enabled=true' and 'pk.mode=record_key' .* with a null key/,
    })
  })

  t.test('deletes before any value leave a table to be made by the first value', async (t) => {
    const topic = randomName('t')
    const task = open(t, deletes)
    await task.put(records(topic, [[1, null]]))
    t.equal((await database.query('SELECT 1 FROM pg_class WHERE relname = $1', [topic])).length, 0)
    await task.put(
      records(topic, [
        [1, null],
        [2, { a: 1 }],
      ]),
    )
    t.strictSame(await database.rows(topic, '1'), [{ a: '1', id: '2' }])
    await t.rejects(
      open(t, { ...deletes, 'auto.create': 'false' }).put(records(randomName('t'), [[1, null]])),
      {
        code: 'CONNECT_ERROR',
        message: /is missing and auto-creation is disabled/,
      },
    )
  })

  t.test('a row that others refer to is not deleted: the record is named', async (t) => {
    const topic = randomName('t')
    await database.query(`CREATE TABLE ${topic} (id int PRIMARY KEY, a text)`)
    await database.query(`CREATE TABLE ${topic}_of (parent int REFERENCES ${topic})`)
    const task = open(t, deletes)
    await task.put(
      records(topic, [
        [1, { a: 'x' }],
        [2, { a: 'x' }],
        [3, { a: 'x' }],
      ]),
    )
    await database.query(`INSERT INTO ${topic}_of VALUES (2)`)
    t.strictSame(
      await refusedOffsets(
        task.put(
          records(topic, [
            [1, null],
            [2, null],
            [3, null],
          ]),
        ),
      ),
      [1],
    )
    t.match(await database.rows(topic, 'id'), [{ id: '2' }])
  })

  t.test('views and partitioned tables are written to when table.types lists them', async (t) => {
    await database.query('CREATE TABLE base (id int PRIMARY KEY, a text)')
    await database.query('CREATE VIEW looks AS SELECT * FROM base WHERE id < 10 WITH CHECK OPTION')
    await database.query('CREATE TABLE parted (id int PRIMARY KEY, a text) PARTITION BY RANGE (id)')
    await database.query('CREATE TABLE parted_low PARTITION OF parted FOR VALUES FROM (0) TO (10)')
    for (const topic of ['looks', 'parted']) {
      await t.rejects(open(t, deletes).put(records(topic, [[1, { a: 'x' }]])), {
        code: 'CONNECT_ERROR',
        message: /which table.types does not list/,
      })
      const task = open(t, {
        ...deletes,
        'auto.evolve': 'true',
        'table.types': 'table,view,Partitioned Table',
      })
      const put = task.put(
        records(topic, [
          [1, { a: 'x' }],
          [2, { a: 'x' }],
          [11, { a: 'x' }],
          [2, null],
        ]),
      )
      t.strictSame(await refusedOffsets(put), [2], 'outside of the view, outside of the partitions')
      t.match(await database.rows(topic, 'id'), [{ id: '1', a: 'x' }])
      await t.rejects(task.put(records(topic, [[1, { b: 'x' }]])), {
        code: 'CONNECT_BATCH',
        message:
          topic === 'looks'
            ? /View .* is missing fields \(.*\) and ALTER VIEW is unsupported/
            : /Partitioned Table .* is missing fields \(.*\) and ALTER PARTITIONED TABLE is unsupported/,
      })
    }
  })

  t.test('counts of micro- and nanoseconds become timestamps', async (t) => {
    const topic = randomName('t')
    const schema = SchemaBuilder.struct()
      .field('at', INT64)
      .field('text', STRING)
      .field('other', INT64)
      .build()
    const row = (micros: bigint, scale: bigint) =>
      new Struct(schema, [micros * scale, String(micros * scale), micros])
    const micros = [
      0n,
      1_763_700_000_123_456n,
      -1n,
      -62_135_596_800_000_000n,
      4_102_444_800_000_001n,
    ]
    for (const [unit, scale] of [
      ['MICROSECONDS', 1n],
      ['NANOSECONDS', 1000n],
    ] as const) {
      const name = `${topic}_${scale}`
      const raw: RawConfig = {
        'auto.create': 'true',
        'timestamp.fields.list': 'at,text,nowhere',
        'timestamp.precision.mode': unit,
        'db.timezone': 'Asia/Kolkata',
      }
      await open(t, raw).put(
        micros.map((count, offset) =>
          sinkRecord({ topic: name, offset }, { schema, value: row(count, scale) }),
        ),
      )
      t.strictSame(
        await database.query(
          `SELECT at::text AS at, text::text AS text, other FROM ${name} ORDER BY other`,
        ),
        [...micros]
          .sort((a, b) => (a < b ? -1 : 1))
          .map((count) => {
            const at = [
              ['0001-01-01 05:53:28', -62_135_596_800_000_000n],
              ['1970-01-01 05:29:59.999999', -1n],
              ['1970-01-01 05:30:00', 0n],
              ['2025-11-21 10:10:00.123456', 1_763_700_000_123_456n],
              ['2100-01-01 05:30:00.000001', 4_102_444_800_000_001n],
            ].find(([, of]) => of === count)?.[0]
            return { at, text: at, other: String(count) }
          }),
        unit,
      )
    }
    const zoned = randomName('t')
    await database.query(`CREATE TABLE ${zoned} (at timestamptz, text bigint)`)
    const nanos = open(t, {
      'timestamp.fields.list': 'at,text',
      'timestamp.precision.mode': 'NANOSECONDS',
    })
    const put = nanos.put(
      records(zoned, [
        [null, { at: 1_763_700_000_123_456_500n, text: 7 }],
        [null, { at: '-1501', text: null }],
        [null, { at: 'noon', text: null }],
        [null, { at: 10n ** 30n, text: null }],
      ]),
    )
    t.strictSame(await refusedOffsets(put), [2, 3])
    t.strictSame(
      await database.query(
        `SELECT (at AT TIME ZONE 'UTC')::text AS at, text FROM ${zoned} ORDER BY at DESC`,
      ),
      [
        { at: '2025-11-21 04:40:00.123457', text: '7' },
        { at: '1969-12-31 23:59:59.999998', text: null },
      ],
      'rounded as Postgres rounds; the column that is there wins',
    )
  })

  t.test('as Aiven: tables by topic', async (t) => {
    const [topic, other] = [randomName('t'), randomName('t')]
    await open(t, {
      'auto.create': 'true',
      'table.by.topic': `${topic}:public.mapped_${topic}`,
    }).put([...records(topic, [[null, { a: 1 }]]), ...records(other, [[null, { a: 2 }]])])
    t.match(await database.rows(`mapped_${topic}`, '1'), [{ a: '1' }])
    t.match(await database.rows(other, '1'), [{ a: '2' }])
  })
}
