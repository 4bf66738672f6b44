import t, { type Test } from 'tap'
import { checkConnection } from '../../connectors/jdbc/check.ts'
import type { JdbcSinkTask } from '../../connectors/jdbc/task.ts'
import {
  INT32,
  INT64,
  OPTIONAL_STRING,
  type RawConfig,
  type Schema,
  SchemaBuilder,
  type SinkRecord,
  STRING,
  Struct,
} from '../../runtime/api/index.ts'
import { jdbcSinkConfig, openJdbcSink, upsertByKey } from '../helpers/jdbc-sink.ts'
import { randomName, startPostgres } from '../helpers/postgres.ts'
import { sinkRecord } from '../helpers/sink-records.ts'

const valueSchema = SchemaBuilder.struct().field('a', OPTIONAL_STRING).build()
const widerSchema = SchemaBuilder.struct()
  .field('a', OPTIONAL_STRING)
  .field('b', OPTIONAL_STRING)
  .build()
const keySchema = SchemaBuilder.struct().field('x', INT32).field('y', STRING).build()

const value = (a: string | null) => ({ schema: valueSchema, value: new Struct(valueSchema, [a]) })

const server = await startPostgres(t)
if (server) {
  const database = await server.createDatabase()
  t.teardown(() => database.close())
  const open = (t: Test, raw: RawConfig) => openJdbcSink(t, database, raw)

  t.test('pk.mode says where the key columns come from', async (t) => {
    const write = async (raw: RawConfig, records: (topic: string) => SinkRecord[]) => {
      const topic = randomName('t')
      const task = open(t, { 'auto.create': 'true', 'insert.mode': 'upsert', ...raw })
      await task.put(records(topic))
      await task.put(records(topic))
      const keys = await database.query(
        `SELECT a.attname AS name FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
          WHERE i.indrelid = $1::regclass AND i.indisprimary ORDER BY array_position(i.indkey::int2[], a.attnum)`,
        [topic],
      )
      return { topic, keys: keys.map(({ name }) => name), rows: await database.rows(topic, '1') }
    }

    t.match(
      await write({ 'insert.mode': 'insert' }, (topic) => [
        sinkRecord({ topic, offset: 0 }, value('v')),
      ]),
      { keys: [], rows: [{ a: 'v' }, { a: 'v' }] },
      'none',
    )
    const kafka = await write({ 'pk.mode': 'kafka' }, (topic) => [
      sinkRecord({ topic, partition: 2, offset: 5 }, value('v')),
      {
        ...sinkRecord({ topic, partition: 2, offset: 6 }, value('w')),
        originalTopic: 'before-routing',
      },
    ])
    t.match(kafka, {
      keys: ['__connect_topic', '__connect_partition', '__connect_offset'],
      rows: [
        {
          __connect_topic: 'before-routing',
          __connect_partition: '2',
          __connect_offset: '6',
          a: 'w',
        },
        { __connect_topic: kafka.topic, __connect_partition: '2', __connect_offset: '5', a: 'v' },
      ],
    })
    t.match(
      await write({ 'pk.mode': 'kafka', 'pk.fields': 'topic,part,off' }, (topic) => [
        sinkRecord({ topic, offset: 5 }, value('v')),
      ]),
      { keys: ['off', 'part', 'topic'], rows: [{ a: 'v', off: '5', part: '0' }] },
      'kafka with names of its own: after the value, by name',
    )
    const structKey = { schema: keySchema, value: new Struct(keySchema, [1, 'one']) }
    t.match(
      await write({ 'pk.mode': 'record_key' }, (topic) => [
        sinkRecord({ topic, offset: 0 }, value('v'), structKey),
      ]),
      { keys: ['x', 'y'], rows: [{ a: 'v', x: '1', y: 'one' }] },
      'all fields of a struct key',
    )
    t.match(
      await write({ 'pk.mode': 'record_key', 'pk.fields': 'y' }, (topic) => [
        sinkRecord({ topic, offset: 0 }, value('v'), structKey),
      ]),
      { keys: ['y'], rows: [{ a: 'v', y: 'one' }] },
      'one field of it',
    )
    t.match(
      await write({ 'pk.mode': 'record_key', 'pk.fields': 'id' }, (topic) => [
        sinkRecord({ topic, offset: 0 }, value('v'), { schema: INT64, value: 2n ** 60n }),
      ]),
      { keys: ['id'], rows: [{ a: 'v', id: '1152921504606846976' }] },
      'a primitive key',
    )
    t.match(
      await write({ 'pk.mode': 'record_key', 'pk.fields': 'id' }, (topic) => [
        sinkRecord({ topic, offset: 0 }, { value: { v: 1 } }, { value: 'k' }),
      ]),
      { keys: ['id'], rows: [{ v: '1', id: 'k' }] },
      'a primitive key without a schema',
    )
    t.match(
      await write({ 'pk.mode': 'record_key' }, (topic) => [
        sinkRecord(
          { topic, offset: 0 },
          { value: { v: 1, b: 'of the value' } },
          { value: { b: 2, a: 1 } },
        ),
      ]),
      { keys: ['b', 'a'], rows: [{ v: '1', b: '2', a: '1' }] },
      'an object as key, which wins over the value',
    )
    t.match(
      await write({ 'pk.mode': 'record_value', 'pk.fields': 'v' }, (topic) => [
        sinkRecord({ topic, offset: 0 }, { value: { u: null, w: 2, v: 1 } }),
      ]),
      { keys: ['v'], rows: [{ w: '2', v: '1' }] },
      'a field of the value',
    )
    t.match(
      await write({ 'pk.mode': 'record_value' }, (topic) => [
        sinkRecord({ topic, offset: 0 }, value('v')),
      ]),
      { keys: ['a'], rows: [{ a: 'v' }] },
      'all fields of the value: nothing to update',
    )
  })

  t.test('a key that cannot be is refused in words', async (t) => {
    const cases: [RawConfig, SinkRecord, RegExp][] = [
      [
        { 'pk.mode': 'record_key' },
        sinkRecord({ topic: 't', offset: 0 }, value('v'), { schema: STRING, value: 'k' }),
        /^Need exactly one PK column defined .*: \[\]$/,
      ],
      [
        { 'pk.mode': 'record_key', 'pk.fields': 'z' },
        sinkRecord({ topic: 't', offset: 0 }, value('v'), {
          schema: keySchema,
          value: new Struct(keySchema, [1, 'one']),
        }),
        /^PK mode for table 't' is RECORD_KEY with configured PK fields \[z\], but record key schema does not contain field: z$/,
      ],
      [
        { 'pk.mode': 'record_value', 'pk.fields': 'z' },
        sinkRecord({ topic: 't', offset: 0 }, value('v')),
        /^PK mode for table 't' is RECORD_VALUE with configured PK fields \[z\], but record value schema does not contain field: z$/,
      ],
      [
        { 'pk.mode': 'record_key' },
        sinkRecord({ topic: 't', offset: 0 }, value('v')),
        /requires records with a non-null key and non-null Struct or primitive key schema, but found record at \(topic='t',partition=0,offset=0,timestamp=1763700000000\) with a null key and null key schema\.$/,
      ],
      [
        {},
        sinkRecord({ topic: 't', offset: 7 }, { value: null }),
        /^Sink connector 'sink' is configured with 'delete.enabled=false' and 'pk.mode=none' and therefore requires records with a non-null Struct or String value and non-null Struct or String schema, but found record at \(topic='t',partition=0,offset=7,timestamp=1763700000007\) with a null value and null value schema\.$/,
      ],
      [
        { 'schemaless.mode': 'fail' },
        sinkRecord({ topic: 't', offset: 7 }, { value: { a: 1 } }),
        /with a HashMap value and null value schema\.$/,
      ],
      [
        {},
        sinkRecord({ topic: 't', offset: 7 }, { schema: INT32, value: 1 }),
        /with a Long value and INT32 value schema\.$/,
      ],
    ]
    for (const [raw, record, message] of cases)
      await t.rejects(open(t, { 'auto.create': 'true', ...raw }).put([record]), {
        code: 'CONNECT_ERROR',
        message,
      })
  })

  t.test(
    'the last record of a key wins, within a batch, across schemas, with keys that only the server compares',
    async (t) => {
      const record = (
        topic: string,
        offset: number,
        schema: Schema,
        id: unknown,
        values: unknown[],
      ) =>
        sinkRecord({ topic, offset }, { schema, value: new Struct(schema, values) }, { value: id })
      const interleaved = (topic: string, keys: unknown[]) =>
        keys.map((key, i) =>
          i % 3 === 0
            ? record(topic, i, widerSchema, key, [`a${i}`, `b${i}`])
            : record(topic, i, valueSchema, key, [`a${i}`]),
        )

      const topic = randomName('t')
      await database.query(`CREATE TABLE ${topic} (id text PRIMARY KEY, a text, b text)`)
      const keys = Array.from({ length: 3000 }, (_, i) => `k${(i * 7919) % 101}`)
      const records = interleaved(topic, keys)
      await open(t, { ...upsertByKey, 'pk.fields': 'id' }).put(records)
      const expected = new Map<unknown, { id: unknown; a: unknown; b: unknown }>()
      for (const { key, value } of records) {
        const [a, b] = (value as Struct).values
        expected.set(key, { id: key, a, b: b ?? expected.get(key)?.b ?? null })
      }
      t.strictSame(
        await database.rows(topic, 'id COLLATE "C"'),
        [...expected.values()].sort((one, other) =>
          (one.id as string) < (other.id as string) ? -1 : 1,
        ),
      )

      const byNumber = randomName('t')
      await database.query(`CREATE TABLE ${byNumber} (id numeric PRIMARY KEY, a text, b text)`)
      const task = open(t, { ...upsertByKey, 'pk.fields': 'id' })
      await task.put(interleaved(byNumber, ['1', '1.0', 1, 1.5, '1.50', '2e0']))
      await task.put(
        ['1', 1, '1.0'].map((key, i) => record(byNumber, 10 + i, valueSchema, key, [`later ${i}`])),
      )
      t.strictSame(await database.rows(byNumber, 'id'), [
        { id: '1', a: 'later 2', b: 'b0' },
        { id: '1.5', a: 'a4', b: 'b3' },
        { id: '2e0'.slice(0, 1), a: 'a5', b: null },
      ])
    },
  )

  t.test(
    'a field that a schemaless record lacks becomes null; foreign columns are left alone',
    async (t) => {
      const topic = randomName('t')
      await database.query(
        `CREATE TABLE ${topic} (id int PRIMARY KEY, a text, b text, note text DEFAULT 'mine', seq bigserial)`,
      )
      const task = open(t, { ...upsertByKey, 'pk.fields': 'id' })
      const record = (offset: number, id: number, value: object) =>
        sinkRecord({ topic, offset }, { value }, { value: id })
      await task.put([record(0, 1, { a: 'a', b: 'b' }), record(1, 2, { a: 'a' })])
      await task.put([record(2, 1, { a: 'c' })])
      t.strictSame(await database.rows(topic, 'id'), [
        { id: '1', a: 'c', b: null, note: 'mine', seq: '1' },
        { id: '2', a: 'a', b: null, note: 'mine', seq: '2' },
      ])
      await t.rejects(task.put([record(3, 1, { c: 'new' })]), {
        code: 'CONNECT_BATCH',
        message: new RegExp(
          `Table "${database.name}"\\."public"\\."${topic}" is missing fields \\(.*name='c'.*\\) and auto-evolution is disabled; topic ${topic}, partition 0, offset 3$`,
        ),
      })
      await database.query(`ALTER TABLE ${topic} ADD COLUMN c text`)
      await task.put([record(3, 1, { c: 'new', gone: null })])
      t.match((await database.rows(topic, 'id'))[0], {
        id: '1',
        a: null,
        b: null,
        c: 'new',
        note: 'mine',
      })

      const foreign = await database.rows(topic, 'id')
      await database.query(`UPDATE ${topic} SET b = 'of somebody else'`)
      const fresh = open(t, { ...upsertByKey, 'pk.fields': 'id' })
      await fresh.put([record(4, 1, { a: 'x' })])
      t.match((await database.rows(topic, 'id'))[0], {
        ...foreign[0],
        a: 'x',
        b: 'of somebody else',
      })
      const strict = open(t, { ...upsertByKey, 'pk.fields': 'id', 'fields.whitelist': 'a,b' })
      await strict.put([record(5, 1, { a: 'y' })])
      t.match(
        (await database.rows(topic, 'id'))[0],
        { a: 'y', b: null },
        'the whitelist names the fields',
      )

      const own = randomName('t')
      const at = (offset: number, value: object) =>
        sinkRecord({ topic: own, offset }, { value }, { value: 1 })
      await fresh.put([at(0, { a: 'a', b: 'b' })])
      await open(t, { ...upsertByKey, 'pk.fields': 'id' }).put([at(1, { a: 'c' })])
      t.match(
        await database.rows(own, '1'),
        [{ a: 'c', b: null }],
        'a table of its own, known after a restart',
      )
    },
  )

  t.test(
    'types that change from record to record are delivered or named, never bent',
    async (t) => {
      const topic = randomName('t')
      const task = open(t, { 'auto.create': 'true' })
      const put = (offset: number, value: object) =>
        task.put([sinkRecord({ topic, offset }, { value })])
      await put(0, { v: 1, __proto__: null, constructor: 'c' })
      await put(1, { v: '2' })
      await put(2, { v: 9223372036854775807n })
      for (const [offset, v] of [
        [3, 'two'],
        [4, 1.5],
        [5, { nested: 1 }],
        [6, true],
        [7, [1]],
      ] as const)
        await t.rejects(put(offset, { v }), {
          code: 'CONNECT_BATCH',
          message: new RegExp(`offset ${offset}$`),
        })
      await put(8, JSON.parse('{"v": 3, "__proto__": null, "toString": null}'))
      t.strictSame(await database.rows(topic, 'v'), [
        { v: '1', constructor: 'c' },
        { v: '2', constructor: null },
        { v: '3', constructor: null },
        { v: '9223372036854775807', constructor: null },
      ])
      await t.rejects(put(9, JSON.parse('{"__proto__": "polluted"}')), {
        message: /name='__proto__'/,
      })
    },
  )

  t.test('hostile names stay names', async (t) => {
    const names = [
      '"',
      '""; DROP TABLE x; --',
      "it's",
      'ünïcode 😀',
      'back\\slash',
      'select',
      'UPPER lower',
      '$1',
      'a.b',
      '%s',
      '?',
      ' space ',
      '__proto__',
      'constructor',
      'x'.repeat(63),
    ]
    const schema = names
      .reduce((builder, name) => builder.field(name, STRING), SchemaBuilder.struct())
      .build()
    for (const [i, name] of names.entries()) {
      const format = `"${name.replaceAll('"', '""')}"`
      const task = open(t, {
        ...upsertByKey,
        'pk.mode': 'record_value',
        'pk.fields': names[i] === 'a.b' ? 'a.b' : '',
        'table.name.format': format,
      })
      await task.put([
        sinkRecord({ topic: 'any', offset: i }, { schema, value: new Struct(schema, names) }),
      ])
      const [row] = await database
        .query(`SELECT * FROM "${name.trim().replaceAll('"', '""')}"`)
        .catch(() => database.query(`SELECT * FROM ${format}`))
      t.strictSame(
        Object.entries(row ?? {}),
        names.map((each) => [each, each]),
        name,
      )
    }
    const topic = 'Robert"); DROP TABLE students;--'
    await open(t, { 'auto.create': 'true' }).put([
      sinkRecord({ topic, offset: 0 }, { value: { "x'); --": 1 } }),
    ])
    t.equal((await database.query(`SELECT * FROM "Robert""); DROP TABLE students;--"`)).length, 1)
  })

  t.test(
    'a topic is parsed as an identifier, cut to 63 characters, folded when quoting is off',
    async (t) => {
      await database.query('CREATE SCHEMA wlan')
      await open(t, { 'auto.create': 'true' }).put([
        sinkRecord({ topic: 'wlan.probe', offset: 0 }, { value: { v: 1 } }),
      ])
      t.equal((await database.query('SELECT * FROM wlan.probe')).length, 1)
      await t.rejects(
        open(t, { 'auto.create': 'true' }).put([
          sinkRecord({ topic: 'nowhere.probe', offset: 0 }, { value: { v: 1 } }),
        ]),
        { code: 'CONNECT_ERROR', message: /SQLSTATE 3F000/, hint: /Create the schema/ },
      )
      await t.rejects(
        open(t, {}).put([sinkRecord({ topic: 'ends.', offset: 0 }, { value: { v: 1 } })]),
        { message: /^Failure parsing fully qualified identifier/ },
      )
      await t.rejects(
        open(t, {}).put([sinkRecord({ topic: 'other.public.t', offset: 0 }, { value: { v: 1 } })]),
        { message: /lies in database "other"/ },
      )

      const long = 'é'.repeat(80)
      const task = open(t, { 'auto.create': 'true' })
      await task.put([sinkRecord({ topic: long, offset: 0 }, { value: { [long]: 1 } })])
      await task.put([sinkRecord({ topic: long, offset: 1 }, { value: { [long]: 2 } })])
      t.strictSame(
        await database.query(`SELECT "${'é'.repeat(31)}" AS v FROM "${'é'.repeat(31)}" ORDER BY 1`),
        [{ v: '1' }, { v: '2' }],
      )

      await open(t, { 'auto.create': 'true', 'quote.sql.identifiers': 'never' }).put([
        sinkRecord({ topic: 'MixedCase', offset: 0 }, { value: { frameTime: 1 } }),
      ])
      t.strictSame(await database.rows('mixedcase', '1'), [{ frametime: '1' }])
      await open(t, { 'table.name.format': 'mixedcase' }).put([
        sinkRecord({ topic: 'x', offset: 0 }, { value: { frameTime: 2 } }),
      ])
      t.equal(
        (await database.rows('mixedcase', '1')).length,
        2,
        'a column of another case is the same column',
      )
      await t.rejects(
        open(t, { 'table.name.format': 'mixedcase' }).put([
          sinkRecord({ topic: 'x', offset: 0 }, { value: { frameTime: 2, FRAMETIME: 3 } }),
        ]),
        { message: /both go to column "frametime"/ },
      )
    },
  )

  t.test('fields.whitelist drops fields but never keys', async (t) => {
    const topic = randomName('t')
    await open(t, { ...upsertByKey, 'pk.fields': 'id', 'fields.whitelist': 'a' }).put([
      sinkRecord({ topic, offset: 0 }, { value: { a: 1, b: { nested: true } } }, { value: 'k' }),
    ])
    t.strictSame(await database.rows(topic, '1'), [{ a: '1', id: 'k' }])
  })

  t.test('what the database refuses is named with table, column and offset', async (t) => {
    const topic = randomName('t')
    await database.query(
      `CREATE TABLE ${topic} (id text PRIMARY KEY, n int CHECK (n < 100), short varchar(3), ip inet)`,
    )
    const put = (raw: RawConfig, values: object[]) =>
      open(t, raw).put(
        values.map((value, i) =>
          sinkRecord({ topic, partition: i % 2, offset: 10 + i }, { value }),
        ),
      )
    const refused = (reason: string) => ({
      code: 'CONNECT_BATCH',
      message: new RegExp(
        `^1 of the records .* Table "${database.name}"\\."public"\\."${topic}" refuses a record: .*${reason}; topic ${topic}, partition 0, offset 12$`,
      ),
    })
    const rows = [{ id: '1' }, { id: '2' }]
    const clear = () => database.query(`DELETE FROM ${topic}`)
    await t.rejects(
      put({}, [...rows, { id: '1' }]),
      refused(`SQLSTATE 23505; constraint "${topic}_pkey"`),
    )
    await clear()
    await t.rejects(put({}, [...rows, { id: '3', n: 100 }]), refused('SQLSTATE 23514; .*'))
    await clear()
    await t.rejects(put({}, [...rows, { id: '3', short: 'long' }]), refused('SQLSTATE 22001'))
    await clear()
    await t.rejects(put({}, [...rows, { id: '3', ip: 'nowhere' }]), refused('SQLSTATE 22P02'))
    t.strictSame(
      (await database.rows(topic, 'id')).map(({ id }) => id),
      ['1', '2'],
      'the others are written',
    )
    await clear()
    const trimmed = await put({ 'trim.sensitive.log': 'true' }, [{ id: '3', ip: 's3cret' }]).catch(
      (error) => [...error.errors.values()][0],
    )
    t.match(trimmed.message, /SQLSTATE 22P02/)
    t.notMatch(`${trimmed.message} ${trimmed.cause}`, /s3cret/)
    await t.rejects(
      put({ 'insert.mode': 'upsert', 'pk.mode': 'record_value', 'pk.fields': 'n' }, [
        { id: '1', n: 1 },
      ]),
      { code: 'CONNECT_ERROR', message: /SQLSTATE 42P10/, hint: /unique index/ },
    )
    await t.rejects(put({}, [{ id: null }]), {
      code: 'CONNECT_BATCH',
      message: /Column "id" text .* refuses null/,
    })
    t.equal((await database.rows(topic, '1')).length, 0, 'nothing of a refused batch stays')
  })

  t.test('a table that is missing, no table, or out of reach is said in words', async (t) => {
    const record = (topic: string) => [sinkRecord({ topic, offset: 0 }, value('v'))]
    await t.rejects(open(t, {}).put(record('absent')), {
      code: 'CONNECT_ERROR',
      message: `Table "${database.name}"."public"."absent" is missing and auto-creation is disabled`,
      hint: /auto.create/,
    })
    await database.query('CREATE TABLE base (a text, b text NOT NULL)')
    await database.query('CREATE VIEW looks AS SELECT * FROM base')
    await t.rejects(open(t, {}).put(record('looks')), { message: /is a VIEW/ })
    await t.rejects(
      open(t, {}).put([
        sinkRecord(
          { topic: 'base', offset: 4 },
          { schema: keySchema, value: new Struct(keySchema, [1, 'y']) },
        ),
      ]),
      {
        code: 'CONNECT_BATCH',
        message:
          /Cannot ALTER TABLE .* to add missing field SinkRecordField\{schema=Schema\{INT32\}, name='x', isPrimaryKey=false\}, as the field is not optional/,
      },
    )
    await t.rejects(open(t, {}).put(record('base')), { message: /SQLSTATE 23502; column "b"/ })
    await database.query(`CREATE ROLE guest LOGIN PASSWORD 'guest'`)
    const guest = { 'connection.user': 'guest', 'connection.password': 'guest' }
    await t.rejects(open(t, guest).put(record('base')), {
      code: 'CONNECT_ERROR',
      message: /SQLSTATE 42501/,
      hint: /Grant/,
    })
    await database.query('ALTER ROLE guest CONNECTION LIMIT 0')
    await t.rejects(open(t, guest).put(record('base')), {
      code: 'CONNECT_RETRIABLE',
      message: /SQLSTATE 53300/,
    })
    await t.rejects(open(t, { 'connection.password': 'wrong' }).put(record('base')), {
      code: 'CONNECT_ERROR',
      message: /SQLSTATE 28P01/,
      hint: /connection.password/,
    })
    await t.rejects(open(t, { 'connection.url': `${database.url}_not` }).put(record('base')), {
      code: 'CONNECT_ERROR',
      message: /SQLSTATE 3D000/,
      hint: /Create the database/,
    })
    await t.rejects(
      open(t, { 'connection.url': 'jdbc:postgresql://127.0.0.1:9/db' }).put(record('base')),
      { code: 'CONNECT_RETRIABLE', counted: false },
    )
  })

  t.test(
    'states of the system are retried, and counted only where the batch itself was tried',
    async (t) => {
      const topic = randomName('t')
      await database.query(`CREATE TABLE ${topic} (code text)`)
      await database.query(
        `CREATE FUNCTION ${topic}_fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF new.code <> 'fine' THEN RAISE EXCEPTION USING ERRCODE = new.code; END IF; RETURN new; END $$`,
      )
      await database.query(
        `CREATE TRIGGER fail BEFORE INSERT ON ${topic} FOR EACH ROW EXECUTE FUNCTION ${topic}_fail()`,
      )
      const task = open(t, {})
      const put = (code: string) =>
        task.put([sinkRecord({ topic, offset: 0 }, { value: { code } })])
      for (const code of [
        '08006',
        '25006',
        '53100',
        '53200',
        '53300',
        '55P03',
        '57P01',
        '57P03',
        '58030',
      ])
        await t.rejects(put(code), { code: 'CONNECT_RETRIABLE', counted: false }, code)
      for (const code of ['40001', '40P01', '57014'])
        await t.rejects(put(code), { code: 'CONNECT_RETRIABLE', counted: true }, code)
      for (const code of ['22000', '23000', '42804', '44000', '54000', 'P0001'])
        await t.rejects(put(code), { code: 'CONNECT_BATCH' }, code)
      for (const code of ['XX000', '42501', '42883'])
        await t.rejects(put(code), { code: 'CONNECT_ERROR' }, code)
      await put('fine')
      t.strictSame(await database.rows(topic, '1'), [{ code: 'fine' }])
    },
  )

  t.test('a table dropped or changed under a running task is found anew', async (t) => {
    const topic = randomName('t')
    const task = open(t, { 'auto.create': 'true' })
    const put = () => task.put([sinkRecord({ topic, offset: 0 }, value('v'))])
    await put()
    await database.query(`DROP TABLE ${topic}`)
    await t.rejects(put(), { code: 'CONNECT_RETRIABLE', counted: true })
    await put()
    t.equal((await database.rows(topic, '1')).length, 1)
  })

  t.test(
    'a connection that is cut between or within batches costs a retry and no row',
    async (t) => {
      const topic = randomName('t')
      const task = open(t, { ...upsertByKey, 'pk.fields': 'id' })
      const batch = (from: number) =>
        Array.from({ length: 2500 }, (_, i) =>
          sinkRecord({ topic, offset: from + i }, { value: { v: from + i } }, { value: from + i }),
        )
      const cut = () =>
        database.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tapline' AND datname = current_database()`,
        )
      await task.put(batch(0))
      let retried = 0
      for (let round = 1; round <= 8; round++) {
        const records = batch(round * 2500)
        for (;;) {
          const cutting =
            retried < round
              ? new Promise((resolve) => setTimeout(resolve, round * 3)).then(cut)
              : null
          const error = await task.put(records).then(
            () => null,
            (error) => error,
          )
          await cutting
          if (!error) break
          t.equal(error.code, 'CONNECT_RETRIABLE', error.message)
          retried++
        }
      }
      t.ok(retried > 0, `${retried} batches were cut`)
      t.strictSame(
        await database.query(
          `SELECT count(*)::int AS n, count(DISTINCT v)::int AS d FROM ${topic}`,
        ),
        [{ n: 22500, d: 22500 }],
      )
    },
  )

  t.test(
    'two tasks write the same rows at once, in opposite order, and neither deadlocks',
    async (t) => {
      const topic = randomName('t')
      const tasks = [
        open(t, { ...upsertByKey, 'pk.fields': 'id' }),
        open(t, { ...upsertByKey, 'pk.fields': 'id' }),
      ]
      const run = async (task: JdbcSinkTask, partition: number) => {
        for (let round = 0; round < 15; round++) {
          const ids = Array.from({ length: 2000 }, (_, i) => (partition === 0 ? i : 1999 - i))
          await task.put(
            ids.map((id, i) =>
              sinkRecord(
                { topic, partition, offset: round * 2000 + i },
                { value: { by: partition, round } },
                { value: `k${id}` },
              ),
            ),
          )
        }
      }
      await Promise.all(tasks.map((task, partition) => run(task, partition)))
      t.strictSame(
        await database.query(`SELECT count(*)::int AS n, min(round)::int AS r FROM ${topic}`),
        [{ n: 2000, r: 14 }],
      )
    },
  )

  t.test('validation tries the connection', async (t) => {
    t.strictSame(await checkConnection(jdbcSinkConfig(database, {})), {})
    const wrong = await checkConnection(
      jdbcSinkConfig(database, { 'connection.password': 'p3nguin' }),
    )
    t.match(wrong, {
      'connection.url': /^Could not connect to database\. password authentication failed/,
    })
    t.notMatch(JSON.stringify(wrong), /p3nguin/)
  })

  t.test('as Debezium: dots become _, tombstones are skipped', async (t) => {
    const task = open(t, {
      'auto.create': 'true',
      'topic.characters': 'dotless',
      tombstones: 'skip',
      'quote.sql.identifiers': 'NEVER',
    })
    await task.put([sinkRecord({ topic: 'db.Public.Orders', offset: 0 }, { value: null })])
    await task.put([
      sinkRecord({ topic: 'db.Public.Orders', offset: 1 }, { value: { v: 1 } }),
      sinkRecord({ topic: 'db.Public.Orders', offset: 2 }, { value: null }),
    ])
    t.strictSame(await database.rows('db_public_orders', '1'), [{ v: '1' }])
  })

  t.test('the search path of the URL finds and places tables', async (t) => {
    await database.query('CREATE SCHEMA "My Schema"')
    await open(t, {
      'auto.create': 'true',
      'connection.url': `${database.url}?currentSchema=%22My%20Schema%22&ApplicationName=app`,
    }).put([sinkRecord({ topic: 'placed', offset: 0 }, value('v'))])
    t.equal((await database.query('SELECT * FROM "My Schema".placed')).length, 1)
  })
}
