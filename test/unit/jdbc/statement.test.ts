import t from 'tap'
import { ArrayWriter } from '../../../connectors/jdbc/array-writer.ts'
import { config } from '../../../connectors/jdbc/config.ts'
import { memberField, wholeField } from '../../../connectors/jdbc/fields.ts'
import { TableName } from '../../../connectors/jdbc/identifier.ts'
import { inOrder, lastByKey } from '../../../connectors/jdbc/key-order.ts'
import { Layout } from '../../../connectors/jdbc/layout.ts'
import { type Settings, settingsOf } from '../../../connectors/jdbc/settings.ts'
import { type BadRecords, Statement } from '../../../connectors/jdbc/statement.ts'
import { Table, type TableColumn } from '../../../connectors/jdbc/table.ts'
import {
  INT64,
  parseConfig,
  type RawConfig,
  SchemaBuilder,
  STRING,
  Struct,
} from '../../../runtime/api/index.ts'
import { sinkRecord } from '../../helpers/sink-records.ts'

function settings(raw: RawConfig = {}): Settings {
  return settingsOf(
    parseConfig(config, {
      'connection.url': 'jdbc:postgresql:db',
      'insert.mode': 'upsert',
      'pk.mode': 'record_key',
      'pk.fields': 'id',
      ...raw,
    }),
  )
}

function column(name: string, typeName: string): TableColumn {
  return {
    name,
    typeName,
    type: typeName,
    isArray: false,
    isNotNull: false,
    hasDefault: false,
    hasPlainEquality: true,
  }
}

function statement(idType: string, names: readonly string[]): Statement {
  const columns = [column('id', idType), ...names.map((name) => column(name, 'int4'))]
  const table = new Table(new TableName('db', 'public', 't'), columns)
  const fields = [
    wholeField('key', 'id', null, true),
    ...names.map((name) => memberField('value', name, false)),
  ]
  return new Statement(
    table,
    fields.map((field, i) => [field, columns[i] as TableColumn]),
    {
      settings: settings(),
      mode: 'upsert',
      writers: [],
      homeless: [],
    },
  )
}

const keyed = (offset: number, key: unknown, value: object = { a: offset }) =>
  sinkRecord({ topic: 't', offset }, { value }, { value: key })

t.test('a parameter is an array in the binary format', (t) => {
  const writer = new ArrayWriter()
  writer.begin(20)
  writer.int64(-2)
  writer.null()
  writer.bigint64(9007199254740993n)
  t.equal(
    writer.finish().toString('hex'),
    '0000000100000001' +
      '00000014' +
      '00000003' +
      '00000001' +
      '00000008fffffffffffffffe' +
      'ffffffff' +
      '000000080020000000000001',
  )
  writer.begin(1700)
  writer.numeric(true, '1234567', 3)
  writer.numeric(false, '1', 5)
  writer.numeric(false, '0', 0)
  writer.numeric(false, '5', -4)
  t.equal(
    writer.finish().subarray(20).toString('hex'),
    '0000000c' +
      '0002' +
      '0000' +
      '4000' +
      '0003' +
      '04d2' +
      '1626' + // -1234.567: 1234 and 5670
      '0000000a' +
      '0001' +
      'fffe' +
      '0000' +
      '0005' +
      '03e8' + // 0.00001: 1000 × 10000^-2
      '0000000a' +
      '0001' +
      '0000' +
      '0000' +
      '0000' +
      '0000' +
      '0000000a' +
      '0001' +
      '0001' +
      '0000' +
      '0000' +
      '0005', // 50000
  )
  t.end()
})

t.test('a long batch of text grows the buffer and keeps what was written', (t) => {
  const writer = new ArrayWriter()
  const texts = ['short', 'ü', 'x'.repeat(100_000), '', 'y'.repeat(64), '😀'.repeat(40)]
  for (let round = 0; round < 3; round++) {
    writer.begin(25)
    for (const text of texts) writer.text(text)
    const bytes = writer.finish()
    let at = 20
    for (const text of texts) {
      const length = bytes.readInt32BE(at)
      t.ok(bytes.subarray(at + 4, at + 4 + length).toString() === text)
      at += 4 + length
    }
    t.equal(at, bytes.length)
  }
  t.end()
})

t.test('rows of one statement: the last of each key, in the order of keys', (t) => {
  const write = statement('int8', ['a'])
  const bad: BadRecords = new Map()
  const records = [
    keyed(0, 3),
    keyed(1, 1n),
    keyed(2, '3'),
    keyed(3, 2 ** 60),
    keyed(4, 1),
    keyed(5, -1),
    keyed(6, 2n ** 60n),
  ]
  const [segment, ...others] = lastByKey(records, () => write, bad)
  t.strictSame(
    segment?.rows.map(({ offset }) => offset),
    [5, 4, 2, 6],
  )
  t.strictSame(others, [])
  t.equal(bad.size, 0)
  t.strictSame(inOrder(records, () => write)[0]?.rows, records, 'inserts keep all, as they came')
  t.end()
})

t.test('a key that comes again in another statement closes the one before', (t) => {
  const [one, two] = [statement('text', ['a']), statement('text', ['a', 'b'])]
  const records = [keyed(0, 'x'), keyed(1, 'y'), keyed(2, 'z'), keyed(3, 'x'), keyed(4, 'y')]
  const statementOf = ({ offset }: { offset: number }) => (offset % 2 === 0 ? one : two)
  const segments = lastByKey(records, statementOf, new Map())
  t.strictSame(
    segments.map(({ statement: mine, rows }) => [
      mine === one ? 'one' : 'two',
      ...rows.map(({ offset }) => offset),
    ]),
    [
      ['one', 0, 2],
      ['two', 1],
      ['two', 3],
      ['one', 4],
    ],
  )
  t.end()
})

t.test(
  'where only the server compares keys, it picks the last, and statements never overtake',
  (t) => {
    const [one, two] = [statement('citext', ['a']), statement('citext', ['a', 'b'])]
    t.ok(one.distinctByServer)
    t.match(one.text, /^INSERT INTO "public"\."t" .* SELECT DISTINCT ON \(r\.c1::citext\)/)
    const records = [keyed(0, 'x'), keyed(1, 'X'), keyed(2, 'y'), keyed(3, 'x')]
    const segments = lastByKey(records, ({ offset }) => (offset === 2 ? two : one), new Map())
    t.strictSame(
      segments.map(({ rows }) => rows.map(({ offset }) => offset)),
      [[0, 1], [2], [3]],
    )
    t.end()
  },
)

t.test('every bad record of a batch is found, with its column', (t) => {
  const write = statement('int8', ['a', 'b'])
  const bad: BadRecords = new Map()
  const records = [
    keyed(0, 1),
    keyed(1, 2, { a: 'x' }),
    keyed(2, 3, { a: 1, b: 2 ** 31 }),
    keyed(3, 4, { a: null }),
  ]
  t.equal(write.encode(records, bad), null)
  t.strictSame(
    [...bad].map(([{ offset }, error]) => [offset, /^Column "(\w)"/.exec(error.message)?.[1]]),
    [
      [1, 'a'],
      [2, 'b'],
    ],
  )
  t.equal(write.encode([records[0] as never, records[3] as never], bad)?.length, 3)
  t.equal(write.keyOf(keyed(9, null), bad), undefined)
  t.match([...bad.values()].at(-1)?.message, /refuses null of topic t, partition 0, offset 9$/)
  t.end()
})

t.test('a layout knows the fields of its records', (t) => {
  const schema = SchemaBuilder.struct()
    .field('id', INT64)
    .field('b', STRING)
    .field('a', STRING)
    .build()
  const record = sinkRecord(
    { topic: 't', offset: 0 },
    { schema, value: new Struct(schema, [1n, 'b', 'a']) },
    { value: 7 },
  )
  const names = (layout: Layout) => layout.fields.map(({ name }) => name)
  t.strictSame(names(new Layout(settings(), 't', record)), ['id', 'b', 'a'], 'the key wins')
  t.strictSame(names(new Layout(settings({ 'fields.whitelist': 'a' }), 't', record)), ['id', 'a'])
  t.strictSame(new Layout(settings(), 't', record).fields[0]?.read(record), 7)

  const schemaless = new Layout(settings(), 't', keyed(0, 1, { a: 1 }))
  t.ok(schemaless.fits(keyed(1, 2, { b: 1 })))
  t.notOk(schemaless.fits(record))
  schemaless.observe(keyed(1, 2, JSON.parse('{"b": 1, "__proto__": 2, "id": 3}')))
  t.strictSame(names(schemaless), ['id', 'a', 'b', '__proto__'])
  t.strictSame(schemaless.fields[3]?.read(keyed(2, 1, {})), null, 'not the prototype')
  schemaless.forget(schemaless.fields.slice(2))
  t.strictSame(names(schemaless), ['id', 'a'])

  const kafka = new Layout(settings({ 'pk.mode': 'kafka', 'pk.fields': '' }), 't', record)
  t.strictSame(
    kafka.fieldsForTable.map(({ name }) => name),
    ['__connect_topic', '__connect_partition', '__connect_offset', 'id', 'b', 'a'],
  )
  t.end()
})
