import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startPostgres } from '../helpers/postgres.ts'
import { RunningWorker, until } from '../helpers/running-worker.ts'
import { writeTopics } from '../helpers/topics.ts'

type Values = readonly (string | Uint8Array)[]
type Config = Readonly<Record<string, string>>

interface Status {
  readonly tasks: readonly { readonly state: string; readonly trace?: string }[]
}

const depth = 100_000
const long = 'x'.repeat(80)
const cutLong = 'x'.repeat(63)

/** Topic → what both sinks deliver to the letter: each row, and each line of a file. */
const exact: Record<string, { values: Values; rows: readonly string[]; lines: readonly string[] }> =
  {
    'byte-order-mark': {
      values: ['\ufeff{"v":"é"}', '{"v":"\ufeff"}'],
      rows: ['{"v": "é"}', '{"v": "\ufeff"}'],
      lines: ['{v=é}', '{v=\ufeff}'],
    },
    integers: {
      values: ['{"v":9007199254740993}', '{"v":-9223372036854775808}'],
      rows: ['{"v": 9007199254740993}', '{"v": -9223372036854775808}'],
      lines: ['{v=9007199254740993}', '{v=-9223372036854775808}'],
    },
    'beyond-int64': {
      values: ['{"v":1}', '{"v":9223372036854775808}'],
      rows: ['{"v": 1}', '{"v": 9223372036854775808}'],
      lines: ['{v=1}', '{v=9223372036854775808}'],
    },
    prototype: {
      values: ['{"__proto__":"p","constructor":"c","toString":"t"}', '{"__proto__":null}'],
      rows: [
        '{"toString": "t", "__proto__": "p", "constructor": "c"}',
        '{"toString": null, "__proto__": null, "constructor": null}',
      ],
      lines: ['{__proto__=p, constructor=c, toString=t}', '{__proto__=null}'],
    },
    'type-changes': {
      values: ['{"v":"one"}', '{"v":2}', '{"v":true}', '{"v":1.5}', '{"v":null}', '{}'],
      rows: ['"one"', '"2"', '"true"', '"1.5"', 'null', 'null'].map((v) => `{"v": ${v}}`),
      lines: ['{v=one}', '{v=2}', '{v=true}', '{v=1.5}', '{v=null}', '{}'],
    },
    columns: {
      values: [
        `{"a\\"b":1,"c.d":2,"e f":3,"日本":4,"\\"; DROP TABLE victim; --":5,"${long}":6,"A\\"B":7}`,
      ],
      rows: [
        `{"A\\"B": 7, "a\\"b": 1, "c.d": 2, "e f": 3, "日本": 4, "\\"; DROP TABLE victim; --": 5, "${cutLong}": 6}`,
      ],
      lines: [`{a"b=1, c.d=2, e f=3, 日本=4, "; DROP TABLE victim; --=5, ${long}=6, A"B=7}`],
    },
  }

/** Topic → a second record that is no JSON, and the reason that the trace ends with. */
const unreadable: Record<string, { value: string | Uint8Array; reason: RegExp }> = {
  truncated: { value: '{"v":', reason: /text ends where a value should be/ },
  'invalid-utf8': {
    value: Buffer.from('{"v":"\xff"}', 'latin1'),
    reason: /Invalid UTF-8 byte 0xff/,
  },
  'null-byte': { value: '{"v":"a\0b"}', reason: /control character/ },
  deep: { value: `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`, reason: /deeper than 1000/ },
  'deep-and-cut': { value: '['.repeat(depth), reason: /deeper than 1000/ },
}

/** Topic → values that a table (`v bigint` unless said) refuses, words of the trace, the way out, and the rows after it. */
const refused: Record<
  string,
  {
    table?: string
    values: Values
    trace: RegExp
    mend: Config | string
    rows: readonly (string | number | null)[]
  }
> = {
  'null-in-text': {
    table: 'v text',
    values: ['{"v":"a"}', '{"v":"a\\u0000b"}', '{"v":"c"}'],
    trace: /null-in-text-0@1: .*U\+0000/,
    mend: dropping('v'),
    rows: ['"a"', null, '"c"'],
  },
  'text-for-bigint': {
    values: ['{"v":1}', '{"v":"two"}', '{"v":3}'],
    trace: /text-for-bigint-0@1: .*"v"/,
    mend: 'ALTER TABLE "text-for-bigint" ALTER COLUMN v TYPE text',
    rows: ['"1"', '"two"', '"3"'],
  },
  'too-large-for-bigint': {
    values: ['{"v":1}', '{"v":9223372036854775808}', '{"v":3}'],
    trace: /too-large-for-bigint-0@1: .*"v"/,
    mend: 'ALTER TABLE "too-large-for-bigint" ALTER COLUMN v TYPE numeric',
    rows: [1, '9223372036854775808', 3],
  },
  'fraction-for-bigint': {
    values: ['{"v":1}', '{"v":1.5}', '{"v":3}'],
    trace: /fraction-for-bigint-0@1: .*"v"/,
    mend: 'ALTER TABLE "fraction-for-bigint" ALTER COLUMN v TYPE numeric',
    rows: [1, 1.5, 3],
  },
  'integer-for-double': {
    table: 'v float8',
    values: ['{"v":1.5}', '{"v":9007199254740993}'],
    trace: /integer-for-double-0@1: .*"v".* a double cannot hold exactly/,
    mend: 'ALTER TABLE "integer-for-double" ALTER COLUMN v TYPE numeric',
    rows: [1.5, '9007199254740993'],
  },
  'object-for-bigint': {
    values: ['{"v":1}', '{"v":{"w":1}}', '{"v":3}'],
    trace: /object-for-bigint-0@1: .*"v".* MAP/,
    mend: dropping('v'),
    rows: [1, null, 3],
  },
  'refused-by-database': {
    table: 'v bigint CONSTRAINT small CHECK (v < 2)',
    values: ['{"v":1}', '{"v":2}', '{"v":3}'],
    trace: /refused-by-database-0@1, refused-by-database-0@2: .*SQLSTATE 23514; constraint "small"/,
    mend: 'ALTER TABLE "refused-by-database" DROP CONSTRAINT small',
    rows: [1, 2, 3],
  },
}

function dropping(field: string): Config {
  return {
    transforms: 'drop',
    'transforms.drop.type': 'org.apache.kafka.connect.transforms.ReplaceField$Value',
    'transforms.drop.exclude': field,
  }
}
const json: Config = {
  'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
  'value.converter.schemas.enable': 'false',
}
const text: Config = { 'value.converter': 'org.apache.kafka.connect.storage.StringConverter' }

t.setTimeout(120_000)

const postgres = await startPostgres(t)
if (postgres) {
  const folder = t.testdir()
  const dataDir = join(folder, 'data')
  const good = '{"v": "good"}'
  await writeTopics(dataDir, {
    ...Object.fromEntries(Object.entries(exact).map(([topic, { values }]) => [topic, values])),
    ...Object.fromEntries(Object.entries(refused).map(([topic, { values }]) => [topic, values])),
    ...Object.fromEntries(
      Object.entries(unreadable).map(([topic, { value }]) => [topic, [good, value, good]]),
    ),
    named: [good],
    twins: [`{"${long}1":1,"${long}2":2}`],
    'empty-column': ['{"":1}'],
  })
  const database = await postgres.createDatabase()
  t.teardown(() => database.close())
  await database.query("CREATE TABLE victim AS SELECT 'alive' AS v")

  const worker = await RunningWorker.start({ dataDir })
  t.teardown(() => worker.kill('SIGKILL'))
  const rowsSink = (topics: string): Config => ({
    'connector.class': 'JdbcSink',
    topics,
    ...database.connection,
    ...json,
    'insert.mode': 'upsert',
    'pk.mode': 'kafka',
    'pk.fields': 'topic,partition,offset',
    'auto.create': 'true',
  })
  const linesSink = (topics: string): Config => ({
    'connector.class': 'FileStreamSink',
    topics,
    file: fileOf(topics),
    ...json,
  })
  const fileOf = (topics: string) => join(folder, `${topics.split(',')[0]}.lines`)
  const linesOf = async (topics: string) =>
    existsSync(fileOf(topics)) ? readFileSync(fileOf(topics), 'utf8').split('\n').slice(0, -1) : []
  const rowsOf = (table: string) =>
    database
      .query(
        `SELECT (to_jsonb(t) - ARRAY['topic', 'partition', 'offset'])::text AS row FROM "${table.replaceAll('"', '""')}" t ORDER BY "offset"`,
      )
      .then((rows) => rows.map(({ row }) => row))
      .catch(() => [])
  const task = async (connector: string) => {
    const { body } = await worker.call<Status>('GET', `/connectors/${connector}/status`)
    return body.tasks?.[0]
  }
  const failure = async (connector: string) => {
    const failed = await until(`${connector} to fail`, () => task(connector), isState('FAILED'))
    return failed?.trace ?? ''
  }
  const equal = (wanted: readonly unknown[]) => (found: readonly unknown[]) =>
    JSON.stringify(found) === JSON.stringify(wanted)

  // A neighbour that works all the time.
  writeFileSync(join(folder, 'in'), 'first\n')
  await worker.put('in', {
    'connector.class': 'FileStreamSource',
    file: join(folder, 'in'),
    topic: 'neighbour',
    ...text,
  })
  await worker.put('out', { ...linesSink('neighbour'), ...text })

  t.test('JSON that is only strange is delivered to the letter', async (t) => {
    for (const topic of Object.keys(exact)) {
      await worker.put(`${topic}-rows`, rowsSink(topic))
      await worker.put(`${topic}-lines`, linesSink(topic))
    }
    for (const [topic, { rows, lines }] of Object.entries(exact)) {
      t.ok(await until(`rows of ${topic}`, () => rowsOf(topic), equal(rows)), topic)
      t.ok(await until(`lines of ${topic}`, () => linesOf(topic), equal(lines)), topic)
    }
    const [column] = await database.query('SELECT pg_typeof(v)::text AS type FROM integers')
    t.equal(column?.['type'], 'bigint')
  })

  t.test(
    'what is no JSON fails the task with its place, and can still be had as text',
    async (t) => {
      for (const topic of Object.keys(unreadable)) {
        await worker.put(`${topic}-rows`, rowsSink(topic))
        await worker.put(`${topic}-lines`, linesSink(topic))
      }
      for (const [topic, { value, reason }] of Object.entries(unreadable)) {
        for (const kind of ['rows', 'lines']) {
          const trace = await failure(`${topic}-${kind}`)
          t.match(trace, `Stage VALUE_CONVERTER refused the record at ${topic}-0@1`)
          t.match(trace, reason)
          t.ok(trace.length < 20_000, 'a trace that can be read')
        }
        t.strictSame(await rowsOf(topic), [good], 'what came before is delivered')
        t.strictSame(await linesOf(topic), ['{v=good}'])
        await worker.put(`${topic}-lines`, { ...linesSink(topic), ...text })
        const lines = ['{v=good}', String(value), good]
        t.ok(await until(`the rest of ${topic}`, () => linesOf(topic), equal(lines)))
      }
    },
  )

  t.test(
    'what the table refuses fails the task with its place, and goes on once it is mended',
    async (t) => {
      for (const [topic, { table = 'v bigint' }] of Object.entries(refused)) {
        await database.query(
          `CREATE TABLE "${topic}" (${table}, topic text, partition int, "offset" bigint, PRIMARY KEY (topic, partition, "offset"))`,
        )
        await worker.put(topic, rowsSink(topic))
      }
      for (const [topic, { trace, mend, rows }] of Object.entries(refused)) {
        t.match(await failure(topic), trace)
        if (typeof mend === 'string') {
          await database.query(mend)
          await worker.call(
            'POST',
            `/connectors/${topic}/restart?includeTasks=true&onlyFailed=true`,
          )
        } else await worker.put(topic, { ...rowsSink(topic), ...mend })
        const wanted = rows.map((v) => `{"v": ${v}}`)
        t.ok(await until(`rows of ${topic}`, () => rowsOf(topic), equal(wanted)), topic)
        t.match(await task(topic), { state: 'RUNNING', trace: undefined })
      }
    },
  )

  t.test('a hostile name stays a name, or is refused in words', async (t) => {
    const names = [
      'a"b',
      'c d',
      '日本',
      "it's",
      'new\nline',
      '$1%s\\x',
      '__proto__',
      'Robert"); DROP TABLE victim; --',
    ]
    for (const [i, name] of names.entries()) {
      const routed = { ...rowsSink('named'), ...routing(name) }
      await worker.put(`routed-${i}`, routed)
      await until(`a row in ${name}`, () => rowsOf(name), equal([good]))
    }
    t.strictSame(await database.query('SELECT * FROM victim'), [{ v: 'alive' }])

    const impossible: Record<string, RegExp> = {
      '': /table name for topic '' is empty/,
      'a.b.c': /named-0@0: Table a\.b\.c lies in database "a"/,
      'a.b.c.d': /a table is named as table, schema\.table or database\.schema\.table: a\.b\.c\.d/,
      'nowhere.t': /schema "nowhere" does not exist/,
      '"': /the closing quote is missing/,
    }
    for (const [i, [name, words]] of Object.entries(impossible).entries()) {
      await worker.put(`impossible-${i}`, { ...rowsSink('named'), ...routing(name) })
      t.match(await failure(`impossible-${i}`), words)
    }
    await worker.put('impossible-2', {
      ...rowsSink('named'),
      ...routing('a.b.c.d'),
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Connect's own placeholder
      'table.name.format': '"${topic}"',
    })
    t.ok(await until('a row in a.b.c.d', () => rowsOf('a.b.c.d'), equal([good])), 'quotes help')

    await worker.put('twins', rowsSink('twins'))
    await worker.put('empty-column', rowsSink('empty-column'))
    t.match(await failure('twins'), /twins-0@0: .* specified more than once/)
    t.match(await failure('empty-column'), /empty-column-0@0: .* zero-length delimited identifier/)
  })

  t.test('a topic name that no broker would take is refused in words', async (t) => {
    const source = (topic: string) => ({
      'connector.class': 'FileStreamSource',
      file: join(folder, 'in'),
      topic,
      ...text,
    })
    const refusedNames = ['a b', 'a"b', '..', '日本', "t'; DROP TABLE victim; --", long.repeat(4)]
    for (const [i, name] of refusedNames.entries()) {
      await worker.put(`topic-${i}`, source(name))
      const trace = await failure(`topic-${i}`)
      t.match(trace, `Topic name ${JSON.stringify(name.slice(0, 300))} is not valid`)
      t.match(trace, 'A topic name has 1 to 249 of the characters')
    }
    const longest = 'Long.est_'.padEnd(249, '-')
    await worker.put('topic-0', source(longest))
    const file = join(folder, 'longest.lines')
    await worker.put('longest', { ...linesSink(longest), file, ...text })
    t.ok(await until('a line', () => linesOf('longest'), equal(['first'])), 'another name helps')
  })

  t.test('all the while the worker lives and the neighbours work', async (t) => {
    appendFileSync(join(folder, 'in'), 'last\n')
    const both = equal(['first', 'last'])
    t.ok(await until('the last line', () => linesOf('neighbour'), both), 'the neighbour goes on')
    await worker.call('DELETE', '/connectors/truncated-rows')
    await worker.put('truncated-rows', rowsSink('integers'))
    await until('another topic', () => task('truncated-rows'), isState('RUNNING'))
    t.match(await worker.call('GET', '/health'), { status: 200, body: { status: 'healthy' } })
    t.equal(await worker.stop(), 0)
  })
}

function isState(state: string) {
  return (found: { readonly state: string } | undefined) => found?.state === state
}

/** The sink sees this name instead of the topic's. */
function routing(name: string): Config {
  return {
    transforms: 'route',
    'transforms.route.type': 'org.apache.kafka.connect.transforms.RegexRouter',
    'transforms.route.regex': '.*',
    'transforms.route.replacement': name.replaceAll(/[\\$]/g, '\\$&'),
  }
}
