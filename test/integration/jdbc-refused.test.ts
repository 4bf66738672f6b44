import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import t, { type Test } from 'tap'
import type { JdbcSinkTask } from '../../connectors/jdbc/task.ts'
import type { RawConfig, SinkRecord } from '../../runtime/api/index.ts'
import { openJdbcSink, upsertByKey } from '../helpers/jdbc-sink.ts'
import { randomName, startPostgres } from '../helpers/postgres.ts'
import { sinkRecord } from '../helpers/sink-records.ts'

const upsert: RawConfig = { ...upsertByKey, 'pk.fields': 'id', 'auto.create': 'false' }
const insert: RawConfig = { ...upsert, 'insert.mode': 'insert' }

/** Which records of the batch were refused, by index; none when it went through. */
async function refused(task: JdbcSinkTask, records: readonly SinkRecord[]): Promise<number[]> {
  try {
    await task.put(records)
    return []
  } catch (error) {
    const { code, errors } = error as { code: string; errors: Map<number, { code: string }> }
    if (code !== 'CONNECT_BATCH') throw error
    for (const each of errors.values())
      if (each.code !== 'CONNECT_DATA') throw new Error(`not a DataException: ${each}`)
    return [...errors.keys()]
  }
}

const server = await startPostgres(t)
if (server) {
  const database = await server.createDatabase()
  t.teardown(() => database.close())
  const open = (t: Test, raw: RawConfig) => openJdbcSink(t, database, raw)
  const record = (topic: string, offset: number, id: unknown, value: object) =>
    sinkRecord({ topic, partition: 3, offset }, { value }, { value: id })
  const ids = async (topic: string) =>
    (await database.query(`SELECT id FROM ${topic} ORDER BY id`)).map(({ id }) => id as number)

  t.test(
    'bad rows among 1,000 are named by their offsets, wherever they are; all others are written',
    async (t) => {
      const places = {
        first: [0],
        middle: [500],
        last: [999],
        three: [0, 499, 999],
        row: [10, 11, 12],
      }
      for (const [mode, raw] of Object.entries({ insert, upsert }))
        for (const [name, bad] of Object.entries(places)) {
          const topic = randomName('t')
          await database.query(`CREATE TABLE ${topic} (id int PRIMARY KEY, n int CHECK (n >= 0))`)
          const records = Array.from({ length: 1000 }, (_, i) =>
            record(topic, 7000 + i, i, { n: bad.includes(i) ? -1 : i }),
          )
          const task = open(t, raw)
          const error = await task.put(records).catch((error) => error)
          t.strictSame([...error.errors.keys()], bad, `${mode}: ${name}`)
          t.match(
            [...error.errors.values()].map(({ message }) => message),
            bad.map(
              (i) =>
                new RegExp(
                  `refuses a record: .*SQLSTATE 23514.*; topic ${topic}, partition 3, offset ${7000 + i}$`,
                ),
            ),
          )
          const good = records.map((_, i) => i).filter((i) => !bad.includes(i))
          t.strictSame(await ids(topic), good)
          if (mode === 'upsert') t.strictSame(await refused(task, records), bad, 'and again')
        }
    },
  )

  t.test(
    'whatever refuses a row: casts, lengths, keys, references, triggers, exclusions',
    async (t) => {
      const parent = randomName('t')
      await database.query(`CREATE TABLE ${parent} (id int PRIMARY KEY)`)
      await database.query(`INSERT INTO ${parent} VALUES (1)`)
      await database.query(
        `CREATE FUNCTION no_mondays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF new.v = 'monday' THEN RAISE EXCEPTION 'no mondays'; END IF; RETURN new; END $$`,
      )
      const cases: [columns: string, good: unknown, bad: unknown, state: string, after?: string][] =
        [
          ['v inet', '10.0.0.1', 'nowhere', '22P02'],
          ['v varchar(3)', 'abc', 'abcd', '22001'],
          ['v date', '2026-11-21', '2026-13-01', '22008'],
          ['v jsonb', '{}', '{', '22P02'],
          ['v int UNIQUE', null, 1, '23505', 'INSERT INTO %t VALUES (-1, 1)'],
          [`v int REFERENCES ${parent}`, 1, 2, '23503'],
          [`v int REFERENCES ${parent} DEFERRABLE INITIALLY DEFERRED`, 1, 2, '23503'],
          [
            'v text',
            'tuesday',
            'monday',
            'P0001',
            'CREATE TRIGGER m BEFORE INSERT ON %t FOR EACH ROW EXECUTE FUNCTION no_mondays()',
          ],
          ['v text UNIQUE', null, null, '54000'],
          [
            'v int4range, EXCLUDE USING gist (v WITH &&)',
            null,
            '[1,3)',
            '23P01',
            "INSERT INTO %t VALUES (-1, '[2,4)')",
          ],
        ]
      for (const [columns, good, bad, state, after] of cases) {
        const topic = randomName('t')
        await database.query(`CREATE TABLE ${topic} (id int PRIMARY KEY, ${columns})`)
        if (after) await database.query(after.replaceAll('%t', topic))
        // A key that no compression makes fit an index.
        const long = randomBytes(6000).toString('base64')
        const wrong = state === '54000' ? long : bad
        const records = [0, 1, 2, 3, 4].map((i) =>
          record(topic, i, i, { v: i === 3 ? wrong : good }),
        )
        const error = await open(t, upsert)
          .put(records)
          .catch((error) => error)
        t.match(
          [...(error.errors ?? [])],
          [[3, { message: new RegExp(`SQLSTATE ${state}`) }]],
          `${columns}: ${error.message}`,
        )
        t.strictSame(
          (await ids(topic)).filter((id) => id >= 0),
          [0, 1, 2, 4],
        )
      }
    },
  )

  t.test('ends as one record after the other would, refused ones left out', async (t) => {
    let seed = 20261122
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2147483648
      return Math.floor((seed / 2147483648) * below)
    }
    for (const mode of ['upsert', 'insert', 'update']) {
      const topic = randomName('t')
      await database.query(
        `CREATE TABLE ${topic} (id int PRIMARY KEY, n int CHECK (n >= 0), small smallint)`,
      )
      const task = open(t, { ...upsert, 'insert.mode': mode, 'delete.enabled': 'true' })
      const model = new Map<number, { n: number; small: number | null }>()
      for (let batch = 0; batch < 12; batch++) {
        const bad: number[] = []
        const records = Array.from({ length: 120 }, (_, i) => {
          const id = random(30)
          const what = random(12)
          if (what === 0) {
            model.delete(id)
            return sinkRecord({ topic, offset: i }, { value: null }, { value: id })
          }
          const isRefused = what === 1
          const isUnfit = what === 2
          const n = isRefused ? -1 : batch * 1000 + i
          const small = isUnfit ? 40_000 : i
          // A row that an update does not find is refused by nobody, unless the sink itself sees that it cannot be.
          const isBad =
            isUnfit ||
            (mode === 'insert' && model.has(id)) ||
            (isRefused && (mode !== 'update' || model.has(id)))
          if (isBad) bad.push(i)
          else if (mode !== 'update' || model.has(id)) model.set(id, { n, small })
          return record(topic, i, id, { n, small })
        })
        const found = await refused(task, records)
        // Of records that a later one of their key overtakes nobody finds out whether they would have been refused.
        const overtaken = (i: number) => {
          const later = records.slice(i + 1).findIndex(({ key }) => key === records[i]?.key)
          return mode !== 'insert' && later >= 0
        }
        t.strictSame(
          bad.filter((i) => !found.includes(i) && !overtaken(i)),
          [],
          'every bad record is named',
        )
        t.strictSame(
          found.filter((i) => !bad.includes(i)),
          [],
          'no other is',
        )
        if (mode === 'update' && batch === 0) {
          await database.query(`INSERT INTO ${topic} SELECT n, 0 FROM generate_series(0, 19) n`)
          for (let id = 0; id < 20; id++) model.set(id, { n: 0, small: null })
        }
        t.strictSame(
          await database.query(`SELECT * FROM ${topic} ORDER BY id`),
          [...model].sort(([a], [b]) => a - b).map(([id, row]) => ({ id, ...row })),
          `${mode}, batch ${batch}`,
        )
      }
    }
  })

  t.test('the last good record of a key is written when a later one is refused', async (t) => {
    const topic = randomName('t')
    await database.query(`CREATE TABLE ${topic} (id int PRIMARY KEY, n int CHECK (n >= 0))`)
    const records = [1, 2, -3, -4].map((n, i) => record(topic, i, 1, { n }))
    t.strictSame(await refused(open(t, upsert), records), [2, 3])
    t.strictSame(await database.rows(topic, '1'), [{ id: '1', n: '2' }])
  })

  t.test(
    'several tables, several layouts, rows refused by the sink and by the database',
    async (t) => {
      const topics = [randomName('t'), randomName('t'), randomName('t')] as const
      for (const topic of topics)
        await database.query(
          `CREATE TABLE ${topic} (id int PRIMARY KEY, n int CHECK (n >= 0), m int)`,
        )
      const records = Array.from({ length: 90 }, (_, i) =>
        record(topics[i % 3] as string, i, i, {
          n: i === 30 || i === 61 ? -1 : i === 45 ? 'no number' : i,
          ...(i % 2 === 0 && { m: i }),
        }),
      )
      t.strictSame(await refused(open(t, upsert), records), [30, 45, 61])
      const counts: number[] = []
      for (const topic of topics) counts.push((await ids(topic)).length)
      t.strictSame(counts, [28, 29, 30])
    },
  )

  t.test('all rows refused: all are named, nothing is written', async (t) => {
    const topic = randomName('t')
    await database.query(`CREATE TABLE ${topic} (id int PRIMARY KEY, n int CHECK (n >= 0))`)
    const records = Array.from({ length: 300 }, (_, i) => record(topic, i, i, { n: -1 }))
    t.strictSame(
      await refused(open(t, upsert), records),
      records.map((_, i) => i),
    )
    t.equal((await ids(topic)).length, 0)
  })

  t.test('a column whose type was changed underneath is no record’s fault', async (t) => {
    const topic = randomName('t')
    await database.query(`CREATE TABLE ${topic} (id int PRIMARY KEY, n int)`)
    const task = open(t, upsert)
    await task.put([record(topic, 0, 0, { n: 1 })])
    for (const [i, type] of ['text', 'numeric', 'bigint', 'varchar(9)', 'inet'].entries()) {
      await database.query(
        `ALTER TABLE ${topic} ALTER n DROP DEFAULT, ALTER n TYPE ${type} USING NULL`,
      )
      const n = type === 'inet' ? '10.0.0.1' : 5
      for (let tries = 0; ; tries++) {
        const error = await task
          .put([record(topic, i + 1, i + 1, { n }), record(topic, i + 2, 100 + i, { n })])
          .then(
            () => null,
            (error) => error,
          )
        if (!error) break
        t.equal(error.code, 'CONNECT_RETRIABLE', error.message)
        if (tries > 3) break
      }
      t.match(
        (await database.rows(topic, 'id::int')).at(-1),
        { n: type === 'inet' ? '10.0.0.1' : '5' },
        type,
      )
    }
  })

  t.test('what a record holds under the name of a secret is repeated in no error', async (t) => {
    const topic = randomName('t')
    await database.query(
      `CREATE TABLE ${topic} (id int PRIMARY KEY, password inet, "apiKey" int, note varchar(5))`,
    )
    const task = open(t, upsert)
    const canary = 'c4nary-s3cret'
    const shown = async (values: object) => {
      const error = await task.put([record(topic, 0, 1, values)]).catch((error) => error)
      t.equal(error.code, 'CONNECT_BATCH')
      return inspect(error, { depth: 9, showHidden: true })
    }
    for (const values of [
      { password: canary },
      { apiKey: canary },
      { apiKey: 123456.789 },
      { apiKey: 99999999999n },
      { password: '10.0.0.1', note: `with ${canary}`, token: null },
    ]) {
      const text = await shown(values)
      t.match(text, new RegExp(`topic ${topic}, partition 3, offset 0`))
      if (!('note' in values)) t.notMatch(text, /c4nary|123456|99999999999/)
    }
    await database.query(
      `CREATE FUNCTION ${topic}_tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION USING MESSAGE = 'no ' || new.note, ERRCODE = 'XX000'; END $$`,
    )
    await database.query(`ALTER TABLE ${topic} ALTER note TYPE text, ALTER password TYPE text`)
    await database.query(
      `CREATE TRIGGER tell BEFORE INSERT ON ${topic} FOR EACH ROW EXECUTE FUNCTION ${topic}_tell()`,
    )
    const error = await task
      .put([record(topic, 0, 1, { password: canary, note: `the ${canary}` })])
      .catch((error) => error)
    t.match(error, { code: 'CONNECT_ERROR', message: /no the \[hidden\]; SQLSTATE XX000/ })
    t.notMatch(inspect(error, { depth: 9, showHidden: true }), /c4nary/)
  })
}
