import t from 'tap'
import {
  BOOLEAN,
  BYTES,
  DATE,
  Decimal,
  decimal,
  FLOAT32,
  FLOAT64,
  INT8,
  INT16,
  INT32,
  INT64,
  Instant,
  OPTIONAL_INT32,
  OPTIONAL_STRING,
  type RawConfig,
  type Schema,
  SchemaBuilder,
  STRING,
  Struct,
  TIME,
  TIMESTAMP,
  TypedNumber,
} from '../../runtime/api/index.ts'
import { openJdbcSink } from '../helpers/jdbc-sink.ts'
import { randomName, startPostgres } from '../helpers/postgres.ts'
import { sinkRecord } from '../helpers/sink-records.ts'

const server = await startPostgres(t)
if (server) {
  const database = await server.createDatabase()
  t.teardown(() => database.close())

  const columnsOf = async (table: string) =>
    Object.fromEntries(
      (
        await database.query(
          `SELECT attname, format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END AS type
             FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 ORDER BY attnum`,
          [table],
        )
      ).map(({ attname, type }) => [attname, type]),
    )

  const struct = (fields: Record<string, Schema>, values: unknown[]) => {
    const builder = SchemaBuilder.struct()
    for (const [name, schema] of Object.entries(fields)) builder.field(name, schema)
    const schema = builder.build()
    return { schema, value: new Struct(schema, values) }
  }

  const write = async (
    raw: RawConfig,
    values: { schema?: Schema; value: unknown }[],
    topic = randomName('t'),
  ) => {
    const task = openJdbcSink(t, database, { 'auto.create': 'true', ...raw })
    await task.put(values.map((value, offset) => sinkRecord({ topic, offset }, value)))
    return topic
  }

  t.test('each Connect type becomes its column and comes back exactly', async (t) => {
    const arrays = {
      i: SchemaBuilder.array(INT32).build(),
      s: SchemaBuilder.array(OPTIONAL_STRING).build(),
    }
    const fields = {
      i8: INT8,
      i16: INT16,
      i32: INT32,
      i64: INT64,
      f32: FLOAT32,
      f64: FLOAT64,
      flag: BOOLEAN,
      text: STRING,
      bytes: BYTES,
      amount: decimal(3),
      day: DATE,
      clock: TIME,
      moment: TIMESTAMP,
      numbers: arrays.i,
      texts: arrays.s,
    }
    const rows = [
      [
        -128,
        -32768,
        -2147483648,
        -(2n ** 63n),
        Math.fround(0.1),
        0.1,
        true,
        'ünï "quoted" \\ \n 😀',
        Buffer.from([0, 255, 92]),
        new Decimal(-123456789012345678901234567890n, 3),
        new Instant(-86400000),
        new Instant(86399999),
        new Instant(1763686923123),
        [1, -2],
        ['a"b\\', null, 'NULL', ''],
      ],
      [
        127,
        32767,
        2147483647,
        9007199254740993n,
        Math.fround(3e38),
        -1e300,
        false,
        '',
        Buffer.alloc(0),
        new Decimal(5n, 3),
        new Instant(0),
        new Instant(0),
        new Instant(-1),
        [],
        [],
      ],
      [
        0,
        0,
        0,
        2n ** 63n - 1n,
        0,
        Number.NaN,
        false,
        'x'.repeat(5000),
        Buffer.alloc(300, 7),
        new Decimal(0n, 3),
        new Instant(253402300799000),
        new Instant(1),
        new Instant(-62135596800000),
        [7],
        ['é'.repeat(70)],
      ],
    ]
    const topic = await write(
      {},
      rows.map((row) => struct(fields, row)),
    )
    t.strictSame(await columnsOf(topic), {
      i8: 'smallint NOT NULL',
      i16: 'smallint NOT NULL',
      i32: 'integer NOT NULL',
      i64: 'bigint NOT NULL',
      f32: 'real NOT NULL',
      f64: 'double precision NOT NULL',
      flag: 'boolean NOT NULL',
      text: 'text NOT NULL',
      bytes: 'bytea NOT NULL',
      amount: 'numeric NOT NULL',
      day: 'date NOT NULL',
      clock: 'time without time zone NOT NULL',
      moment: 'timestamp without time zone NOT NULL',
      numbers: 'integer[] NOT NULL',
      texts: 'text[] NOT NULL',
    })
    t.strictSame(await database.rows(topic, 'i8'), [
      {
        i8: '-128',
        i16: '-32768',
        i32: '-2147483648',
        i64: '-9223372036854775808',
        f32: '0.1',
        f64: '0.1',
        flag: 'true',
        text: 'ünï "quoted" \\ \n 😀',
        bytes: '\\x00ff5c',
        amount: '-123456789012345678901234567.890',
        day: '1969-12-31',
        clock: '23:59:59.999',
        moment: '2025-11-21 01:02:03.123',
        numbers: '{1,-2}',
        texts: '{"a\\"b\\\\",NULL,"NULL",""}',
      },
      {
        i8: '0',
        i16: '0',
        i32: '0',
        i64: '9223372036854775807',
        f32: '0',
        f64: 'NaN',
        flag: 'false',
        text: 'x'.repeat(5000),
        bytes: `\\x${'07'.repeat(300)}`,
        amount: '0.000',
        day: '9999-12-31',
        clock: '00:00:00.001',
        moment: '0001-01-01 00:00:00',
        numbers: '{7}',
        texts: `{${'é'.repeat(70)}}`,
      },
      {
        i8: '127',
        i16: '32767',
        i32: '2147483647',
        i64: '9007199254740993',
        f32: '3e+38',
        f64: '-1e+300',
        flag: 'false',
        text: '',
        bytes: '\\x',
        amount: '0.005',
        day: '1970-01-01',
        clock: '00:00:00',
        moment: '1969-12-31 23:59:59.999',
        numbers: '{}',
        texts: '{}',
      },
    ])
  })

  t.test('optional fields are nullable, defaults stand in the table and for nulls', async (t) => {
    const schema = (type: 'string' | 'int32', value: unknown) =>
      new SchemaBuilder(type).optional().defaultValue(value).build()
    const fields = {
      id: INT32,
      plain: OPTIONAL_INT32,
      word: schema('string', "it's \\ ok"),
      number: schema('int32', 7),
    }
    const filled = await write({ 'pk.mode': 'record_value', 'pk.fields': 'id' }, [
      struct(fields, [1, null, null, null]),
    ])
    t.strictSame(await columnsOf(filled), {
      id: 'integer NOT NULL',
      plain: 'integer',
      word: 'text',
      number: 'integer',
    })
    await database.query(`INSERT INTO ${filled} (id) VALUES (2)`)
    t.strictSame(await database.rows(filled, 'id'), [
      { id: '1', plain: null, word: "it's \\ ok", number: '7' },
      { id: '2', plain: null, word: "it's \\ ok", number: '7' },
    ])
    const kept = await write({ 'replace.null.with.default': 'false' }, [
      struct(fields, [1, null, null, null]),
    ])
    t.strictSame(await database.rows(kept, 'id'), [
      { id: '1', plain: null, word: null, number: null },
    ])
  })

  t.test('maps and structs have no column type', async (t) => {
    const map = SchemaBuilder.map(STRING, STRING).optional().build()
    await t.rejects(write({}, [struct({ a: INT32, m: map }, [1, null])]), {
      message: /^null \(MAP\) type doesn't have a mapping to the SQL database column type/,
    })
  })

  t.test('schemaless fields get the type that holds all values of the batch', async (t) => {
    const topic = await write({}, [
      {
        value: {
          whole: 1,
          mixed: 1,
          text: 1,
          flag: true,
          big: 9007199254740993n,
          huge: 2n ** 70n,
          gone: null,
          list: [1, 2],
          nothing: [],
          at: new Instant(0),
          price: new Decimal(150n, 2),
        },
      },
      {
        value: {
          whole: -5,
          mixed: 1.5,
          text: 'one',
          flag: null,
          huge: 1,
          list: [3.5],
          bytes: Buffer.from('a'),
          late: 'x',
          double: new TypedNumber('float64', 100),
        },
      },
    ])
    t.strictSame(await columnsOf(topic), {
      whole: 'bigint',
      mixed: 'double precision',
      text: 'text',
      flag: 'boolean',
      big: 'bigint',
      huge: 'numeric',
      list: 'double precision[]',
      nothing: 'text[]',
      at: 'timestamp without time zone',
      price: 'numeric',
      bytes: 'bytea',
      late: 'text',
      double: 'double precision',
    })
    t.strictSame(await database.rows(topic, 'whole'), [
      {
        whole: '-5',
        mixed: '1.5',
        text: 'one',
        flag: null,
        big: null,
        huge: '1',
        list: '{3.5}',
        nothing: null,
        at: null,
        price: null,
        bytes: '\\x61',
        late: 'x',
        double: '100',
      },
      {
        whole: '1',
        mixed: '1',
        text: '1',
        flag: 'true',
        big: '9007199254740993',
        huge: '1180591620717411303424',
        list: '{1,2}',
        nothing: '{}',
        at: '1970-01-01 00:00:00',
        price: '1.50',
        bytes: null,
        late: null,
        double: null,
      },
    ])
  })

  t.test('an existing column says what a value becomes', async (t) => {
    const topic = randomName('t')
    await database.query(`CREATE TYPE ${topic}_mood AS ENUM ('glad', 'sad')`)
    await database.query(`CREATE DOMAIN ${topic}_even AS int CHECK (VALUE % 2 = 0)`)
    await database.query(`CREATE TABLE ${topic} (n int PRIMARY KEY, u uuid, i inet, m macaddr, j json, jb jsonb, e ${topic}_mood, d ${topic}_even,
      v varchar(5), c char(3), num numeric(10,2), tz timestamptz, ts timestamp, dt date, tm time, ia int[], f4 real, sm smallint, t text, b boolean)`)
    await write(
      {},
      [
        {
          value: {
            n: '1',
            u: '5F0C9C2A-4F0B-4B0E-9A53-0E6E7D0C1A2B',
            i: '10.0.0.1/8',
            m: '08:00:2b:01:02:03',
            j: '{"a": 1}',
            jb: '[1, true]',
            e: 'glad',
            d: 4,
            v: 'abc',
            c: 'x',
            num: '12.345',
            tz: '2026-11-21 01:02:03+02',
            ts: '2026-11-21T01:02:03.5',
            dt: '21 Nov 2026',
            tm: '01:02',
            ia: [1, 2],
            f4: 0.5,
            sm: new TypedNumber('float64', 7),
            t: 12345678901234567890n,
            b: 'yes',
          },
        },
        {
          value: {
            n: 2n,
            jb: 5,
            num: 1e-3,
            tz: new Instant(0),
            ts: new Instant(1),
            dt: new Instant(86400000),
            tm: new Instant(3600000),
            t: new Instant(0),
            b: false,
            ia: '{4}',
          },
        },
        { value: { n: 3, num: new Decimal(-1n, 0), t: 1.5, ts: '2026-01-01' } },
      ],
      topic,
    )
    t.strictSame(await database.rows(topic, 'n'), [
      {
        n: '1',
        u: '5f0c9c2a-4f0b-4b0e-9a53-0e6e7d0c1a2b',
        i: '10.0.0.1/8',
        m: '08:00:2b:01:02:03',
        j: '{"a": 1}',
        jb: '[1, true]',
        e: 'glad',
        d: '4',
        v: 'abc',
        c: 'x',
        num: '12.35',
        tz: '2026-11-20 23:02:03+00',
        ts: '2026-11-21 01:02:03.5',
        dt: '2026-11-21',
        tm: '01:02:00',
        ia: '{1,2}',
        f4: '0.5',
        sm: '7',
        t: '12345678901234567890',
        b: 'true',
      },
      {
        n: '2',
        u: null,
        i: null,
        m: null,
        j: null,
        jb: '5',
        e: null,
        d: null,
        v: null,
        c: null,
        num: '0.00',
        tz: '1970-01-01 00:00:00+00',
        ts: '1970-01-01 00:00:00.001',
        dt: '1970-01-02',
        tm: '01:00:00',
        ia: '{4}',
        f4: null,
        sm: null,
        t: '1970-01-01 00:00:00.000+00',
        b: 'false',
      },
      {
        n: '3',
        u: null,
        i: null,
        m: null,
        j: null,
        jb: null,
        e: null,
        d: null,
        v: null,
        c: null,
        num: '-1.00',
        tz: null,
        ts: '2026-01-01 00:00:00',
        dt: null,
        tm: null,
        ia: null,
        f4: null,
        sm: null,
        t: '1.5',
        b: null,
      },
    ])
  })

  t.test(
    'a value that does not fit its column is named with its place, and nothing is rounded',
    async (t) => {
      const topic = randomName('t')
      await database.query(
        `CREATE TABLE ${topic} (i2 smallint, i4 int, i8 bigint, f4 real, f8 float8, n numeric, b boolean, t text, by bytea, ts timestamp, tm time, ia int[])`,
      )
      const task = openJdbcSink(t, database, {})
      const refused: [string, unknown][] = [
        ['i2', 32768],
        ['i4', 2147483648],
        ['i4', 1.5],
        ['i4', 'one'],
        ['i4', Number.NaN],
        ['i8', 2n ** 63n],
        ['i8', '1e3'],
        ['i8', true],
        ['f4', 16777217],
        ['f4', 1e39],
        ['f8', 9007199254740993n],
        ['f8', 'x'],
        ['n', 'abc'],
        ['n', ''],
        ['n', false],
        ['b', 2],
        ['b', 'maybe'],
        ['t', 'a\0b'],
        ['t', `${'long '.repeat(50)}\0`],
        ['t', '\ud800'],
        ['t', Buffer.from('a')],
        ['t', { a: 1 }],
        ['t', ['a']],
        ['by', 'text'],
        ['ts', 1763686923],
        ['ia', [[1]]],
        ['ia', [{}]],
      ]
      for (const [i, [column, value]] of refused.entries()) {
        const error: { code: string; errors: Map<number, Error> } = await task
          .put([sinkRecord({ topic, partition: 3, offset: i }, { value: { [column]: value } })])
          .then(
            () => ({ code: 'none', errors: new Map() }),
            (error) => error,
          )
        t.equal(error.code, 'CONNECT_BATCH', `number ${i} for ${column}`)
        t.match(error.errors.get(0), {
          code: 'CONNECT_DATA',
          message: new RegExp(
            `^Column "${column}" .* of table ".*"\\."public"\\."${topic}" refuses .* of topic ${topic}, partition 3, offset ${i}$`,
          ),
        })
      }
      t.strictSame(await database.rows(topic, 'i2'), [])
    },
  )

  t.test('times follow db.timezone and date.timezone', async (t) => {
    const fields = { moment: TIMESTAMP, day: DATE, clock: TIME }
    const summer = new Instant(Date.UTC(2026, 6, 1, 12))
    const winter = new Instant(Date.UTC(2026, 0, 1, 12))
    const rows = [summer, winter].map((moment) =>
      struct(fields, [moment, new Instant(0), new Instant(0)]),
    )
    const inNewYork = await write({ 'db.timezone': 'America/New_York' }, rows)
    t.strictSame(await database.rows(inNewYork, 'moment'), [
      { moment: '2026-01-01 07:00:00', day: '1969-12-31', clock: '19:00:00' },
      { moment: '2026-07-01 08:00:00', day: '1969-12-31', clock: '19:00:00' },
    ])
    const utcDates = await write(
      { 'db.timezone': 'America/New_York', 'date.timezone': 'UTC' },
      rows,
    )
    t.strictSame((await database.rows(utcDates, 'moment'))[0]?.['day'], '1970-01-01')
  })

  t.test('a text with a STRING schema goes to one column', async (t) => {
    const topic = await write({}, [{ schema: STRING, value: 'whole text' }])
    t.strictSame(await database.rows(topic, '1'), [{ record_value: 'whole text' }])
  })
}
