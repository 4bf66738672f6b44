import t, { type Test } from 'tap'
import type { JdbcSinkTask } from '../../connectors/jdbc/task.ts'
import {
  Decimal,
  dateOfDays,
  INT32,
  Instant,
  OPTIONAL_STRING,
  type RawConfig,
  type Schema,
  SchemaBuilder,
  type SchemaType,
  STRING,
  Struct,
  temporal,
} from '../../runtime/api/index.ts'
import { openJdbcSink, upsertByKey } from '../helpers/jdbc-sink.ts'
import { randomName, startPostgres } from '../helpers/postgres.ts'
import { sinkRecord } from '../helpers/sink-records.ts'

const evolving: RawConfig = {
  ...upsertByKey,
  'pk.fields': 'id',
  'auto.evolve': 'true',
}

const server = await startPostgres(t)
if (server) {
  const database = await server.createDatabase()
  t.teardown(() => database.close())
  const open = (t: Test, raw: RawConfig = evolving) => openJdbcSink(t, database, raw)

  const schemaless = (topic: string, offset: number, value: object, id: unknown = offset) =>
    sinkRecord({ topic, offset }, { value }, { value: id })
  const typed = (topic: string, offset: number, schema: Schema, values: unknown[]) =>
    sinkRecord(
      { topic, offset },
      { schema, value: new Struct(schema, values) },
      { schema: INT32, value: offset },
    )
  const columns = async (topic: string) =>
    (
      await database.query(
        `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS required, pg_get_expr(d.adbin, d.adrelid) AS standard
           FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
          WHERE a.attrelid = $1::regclass AND a.attnum > 0 ORDER BY a.attnum`,
        [topic],
      )
    ).map(({ name, type, required, standard }) =>
      [name, type, ...(required ? ['NOT NULL'] : []), ...(standard ? [standard] : [])].join(' '),
    )

  t.test('columns are added with the types and defaults of their schemas', async (t) => {
    const topic = randomName('t')
    const field = (type: SchemaType, standard?: unknown) => {
      const builder = new SchemaBuilder(type).optional()
      return (standard === undefined ? builder : builder.defaultValue(standard)).build()
    }
    const before = SchemaBuilder.struct().field('a', OPTIONAL_STRING).build()
    const after = SchemaBuilder.struct()
      .field('a', OPTIONAL_STRING)
      .field('i8', field('int8'))
      .field('i64', field('int64', 5n))
      .field('f32', field('float32'))
      .field('f64', field('float64', 1.5))
      .field('bool', field('boolean', true))
      .field('text', field('string', "it's"))
      .field('bytes', field('bytes'))
      .field('money', decimalField())
      .field('day', temporal('date', true))
      .field('time', temporal('time', true))
      .field('at', temporal('timestamp', true))
      .field('list', SchemaBuilder.array(INT32).optional().build())
      .field('of"ten', OPTIONAL_STRING)
      .build()
    const task = open(t)
    await task.put([typed(topic, 0, before, ['old'])])
    const values = [
      'new',
      -8,
      64n,
      0.5,
      null,
      false,
      'word',
      Buffer.from('b'),
      new Decimal(12345n, 2),
      dateOfDays(1),
      new Instant(1000),
      new Instant(1_763_700_000_123),
      [1, 2],
      'ten',
    ]
    // The new schema, the old one and the new one again in one batch.
    await task.put([
      typed(topic, 1, after, values),
      typed(topic, 2, before, ['old']),
      typed(topic, 3, after, values),
    ])
    t.strictSame(await columns(topic), [
      'a text',
      'id integer NOT NULL',
      'i8 smallint',
      'i64 bigint 5',
      'f32 real',
      'f64 double precision 1.5',
      'bool boolean true',
      "text text 'it''s'::text",
      'bytes bytea',
      'money numeric',
      'day date',
      'time time without time zone',
      'at timestamp without time zone',
      'list integer[]',
      'of"ten text',
    ])
    const [, first, second, third] = await database.rows(topic, 'id')
    t.match(first, { a: 'new', i8: '-8', i64: '64', f64: '1.5', bool: 'false', money: '123.45' })
    t.match(first, { day: '1970-01-02', time: '00:00:01', at: '2025-11-21 04:40:00.123' })
    t.match(first, { bytes: '\\x62', list: '{1,2}', 'of"ten': 'ten' })
    t.match(second, { a: 'old', i64: '5', bool: 'true', text: "it's", day: null })
    t.strictSame({ ...third, id: '1' }, first)
  })

  t.test('fields without a schema: the type that holds all values of the batch', async (t) => {
    const topic = randomName('t')
    const task = open(t)
    await task.put([schemaless(topic, 0, { a: 'x' })])
    await task.put([
      schemaless(topic, 1, { n: 1, empty: null }),
      schemaless(topic, 2, { n: 1.5, flag: true }),
      schemaless(topic, 3, { list: ['x'] }),
      schemaless(topic, 4, { mixed: 1 }),
      schemaless(topic, 5, { mixed: 'one' }),
    ])
    t.strictSame(await columns(topic), [
      'a text',
      'id bigint NOT NULL',
      'n double precision',
      'flag boolean',
      'list text[]',
      'mixed text',
    ])
    await task.put([schemaless(topic, 1, { empty: 'not any more' })])
    t.match((await database.rows(topic, 'id'))[1], { n: null, empty: 'not any more' })
    t.equal((await database.rows(topic, 'id')).length, 6)
  })

  t.test('a new field that is required names its records; the others are written', async (t) => {
    const topic = randomName('t')
    const before = SchemaBuilder.struct().field('a', OPTIONAL_STRING).build()
    const required = SchemaBuilder.struct().field('a', OPTIONAL_STRING).field('r', STRING).build()
    const optional = SchemaBuilder.struct()
      .field('a', OPTIONAL_STRING)
      .field('o', OPTIONAL_STRING)
      .build()
    for (const raw of [evolving, { ...evolving, 'auto.evolve': 'false' }]) {
      const task = open(t, raw)
      await task.put([typed(topic, 0, before, ['x'])])
      const put = task.put([
        typed(topic, 1, before, ['x']),
        typed(topic, 2, required, ['x', 'r']),
        typed(topic, 3, optional, ['x', 'o']),
        typed(topic, 4, required, ['x', 'r']),
      ])
      const error = await put.catch((error) => error)
      t.strictSame([...error.errors.keys()], [1, 3])
      t.match(
        error.errors.get(3).message,
        new RegExp(
          `^Cannot ALTER TABLE "${database.name}"\\."public"\\."${topic}" to add missing field SinkRecordField\\{schema=Schema\\{STRING\\}, name='r', isPrimaryKey=false\\}, as the field is not optional and does not have a default value; topic ${topic}, partition 0, offset 4$`,
        ),
      )
      await put.catch(() => undefined)
      t.strictSame(
        (await database.rows(topic, 'id')).map(({ id }) => id),
        ['0', '1', '3'],
      )
    }
  })

  t.test('key columns are never added; a system column stands in nobody’s way', async (t) => {
    const topic = randomName('t')
    await database.query(`CREATE TABLE ${topic} (a text)`)
    await t.rejects(open(t).put([schemaless(topic, 0, { a: 'x' })]), {
      code: 'CONNECT_BATCH',
      message: /Cannot ALTER TABLE .* name='id', isPrimaryKey=true/,
    })
    await t.rejects(open(t, { 'auto.evolve': 'true' }).put([schemaless(topic, 0, { xmin: 'x' })]), {
      code: 'CONNECT_ERROR',
      message: new RegExp(
        `^Failed to amend TABLE '"${database.name}"\\."public"\\."${topic}"' to add missing fields: xmin: .*SQLSTATE 42701`,
      ),
    })
  })

  t.test('a table of somebody else: the right to change it is named', async (t) => {
    const topic = randomName('t')
    const role = randomName('r')
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x'`)
    await database.query(`CREATE TABLE ${topic} (id bigint PRIMARY KEY, a text)`)
    await database.query(`GRANT SELECT, INSERT, UPDATE ON ${topic} TO ${role}`)
    const task = open(t, { ...evolving, 'connection.user': role, 'connection.password': 'x' })
    await task.put([schemaless(topic, 0, { a: 'x' })])
    await t.rejects(task.put([schemaless(topic, 1, { b: 'x' })]), {
      code: 'CONNECT_ERROR',
      message: /^Failed to amend TABLE .*: b: must be owner of table .*SQLSTATE 42501/,
      hint: /ownership of the table for auto.evolve/,
    })
    await task.put([schemaless(topic, 2, { a: 'y' })])
    t.equal((await database.rows(topic, '1')).length, 2)
  })

  for (const isolation of ['read committed', 'repeatable read', 'serializable']) {
    t.test(
      `tasks that meet new tables and fields at once all get through (${isolation})`,
      async (t) => {
        const topic = randomName('t')
        const raw = {
          ...evolving,
          'connection.options': `-c default_transaction_isolation=${isolation.replace(' ', '\\ ')}`,
        }
        const tasks = Array.from({ length: 4 }, () => open(t, raw))
        const until = async (task: JdbcSinkTask, records: Parameters<JdbcSinkTask['put']>[0]) => {
          for (let tries = 0; ; tries++) {
            const error = await task.put(records).then(
              () => null,
              (error) => error,
            )
            if (!error) return
            if (error.code !== 'CONNECT_RETRIABLE' || tries > 20) throw error
          }
        }
        for (let round = 0; round < 5; round++)
          await Promise.all(
            tasks.map((task, i) =>
              until(task, [
                schemaless(topic, round * 10 + i, {
                  [`all${round}`]: i,
                  [`own${round}_${i}`]: 'x',
                }),
              ]),
            ),
          )
        const rows = await database.rows(topic, 'id::int')
        t.equal(rows.length, 20)
        for (const [n, row] of rows.entries()) {
          const [round, i] = [Math.floor(n / 4), n % 4]
          t.match(row, { [`all${round}`]: `${i}`, [`own${round}_${i}`]: 'x' })
        }
      },
    )
  }

  t.test('as Debezium: schema.evolution=basic makes tables and columns', async (t) => {
    const topic = randomName('t')
    const task = open(t, {
      'auto.create': 'true',
      'auto.evolve': 'true',
      'quote.sql.identifiers': 'NEVER',
    })
    await task.put([schemaless(topic, 0, { A: 'x' })])
    await task.put([schemaless(topic, 1, { A: 'x', NewOne: 1 })])
    t.strictSame(await columns(topic), ['a text', 'newone bigint'])
  })

  t.test('what was added in a transaction that fails is added again', async (t) => {
    const topic = randomName('t')
    const task = open(t)
    await task.put([schemaless(topic, 0, { a: 1 })])
    const put = task.put([
      schemaless(topic, 1, { a: 1, b: 1 }),
      schemaless(topic, 2, { a: 'no number', b: 2 }),
    ])
    t.strictSame([...(await put.catch((error) => error.errors.keys()))], [1])
    await task.put([schemaless(topic, 3, { a: 1, b: 3 })])
    t.strictSame(
      (await database.rows(topic, 'id')).map(({ id, b }) => [id, b]),
      [
        ['0', null],
        ['1', '1'],
        ['3', '3'],
      ],
    )
  })
}

function decimalField(): Schema {
  return new SchemaBuilder('bytes')
    .name('org.apache.kafka.connect.data.Decimal')
    .parameter('scale', '2')
    .optional()
    .build()
}
