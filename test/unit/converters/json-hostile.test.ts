import t from 'tap'
import {
  type Converter,
  Decimal,
  parseConfig,
  type RawConfig,
  Schema,
  STRING,
  type Struct,
  TypedNumber,
} from '../../../runtime/api/index.ts'
import definition from '../../../runtime/converters/json-converter.ts'

function converterOf(config: RawConfig): Converter {
  return definition.create(parseConfig(definition.config, config), 'value')
}

const plain = converterOf({ 'schemas.enable': 'false' })

function read(text: string | Uint8Array, converter = plain): unknown {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  return converter.toConnect('topic', bytes).value
}

function causeOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    return String(((error as Error).cause as Error).message)
  }
  return 'nothing was thrown'
}

t.test('text that is cut off is refused at every byte, and nothing else is', async (t) => {
  const text = '{"a":[1,2.50,{"b":null}],"c":"x\\n\\u00e9é","d":-1e3,"e":true}'
  const whole = Buffer.from(text)
  for (let length = 1; length < whole.length; length++)
    t.throws(() => read(whole.subarray(0, length)), { code: 'CONNECT_DATA' }, `${length} bytes`)
  t.same(read(whole), {
    a: [1, 2.5, { b: null }],
    c: 'x\néé',
    d: new TypedNumber('float64', -1000),
    e: true,
  })
  t.match(
    causeOf(() => read('{"a":1,\n "b":}')),
    /Unexpected "}".*line 2, column 6/,
  )
})

t.test('a byte order mark is skipped, UTF-16 is recognised', async (t) => {
  const text = '{"a":"é"}'
  t.same(read(`\ufeff${text}`), { a: 'é' })
  t.same(read(Buffer.from(text, 'utf16le')), { a: 'é' })
  t.same(read(Buffer.from(`\ufeff${text}`, 'utf16le')), { a: 'é' })
  t.same(read(Buffer.from(text, 'utf16le').swap16()), { a: 'é' })
  t.same(read('"\ufffd"'), '\ufffd', 'a replacement character that was sent is kept')
})

t.test('invalid UTF-8 is an error that names the byte', async (t) => {
  for (const bytes of [
    [0x22, 0xff, 0x22],
    [0x22, 0xed, 0xa0, 0x80, 0x22],
    [0x22, 0xe2, 0x82, 0x22],
  ])
    t.throws(() => read(Buffer.from(bytes)), { code: 'CONNECT_DATA' })
  t.match(
    causeOf(() => read(Buffer.from([0x22, 0x41, 0xff, 0x22]))),
    /0xff at offset 2/,
  )
  t.equal(read(Buffer.from([0x22, 0xc0, 0x80, 0x22])), '\0', 'the U+0000 of Java')
})

t.test('U+0000, control characters and lone surrogates pass when they are escaped', async (t) => {
  for (const value of [
    '\0',
    'a\0b',
    '\u001f',
    '\ud800',
    '\udc00x',
    '😀',
    '\u2028',
    '\\u0041',
    '"\\',
  ]) {
    const text = String(plain.fromConnect('topic', null, value))
    t.equal(read(text), value, `code ${value.charCodeAt(0)}`)
    t.ok(text.isWellFormed(), 'so that its UTF-8 says the same')
    t.equal(read(String(plain.fromConnect('topic', STRING, value))), value)
  }
  t.throws(() => read('"\0"'), { code: 'CONNECT_DATA' })
  t.throws(() => read('"a\nb"'), { code: 'CONNECT_DATA' })
})

t.test('whole numbers are exact, whatever their size', async (t) => {
  for (const text of [
    '9007199254740993',
    '-9007199254740993',
    '9223372036854775807',
    `1${'0'.repeat(900)}`,
  ])
    t.equal(read(text), BigInt(text))
  t.equal(read('9007199254740991'), 9007199254740991)
  t.same(read('{"a":[9007199254740993]}'), { a: [9007199254740993n] })
  t.same(read('[100.0,1e3,1.0000000000000000001,-0.0]'), [
    new TypedNumber('float64', 100),
    new TypedNumber('float64', 1000),
    new TypedNumber('float64', 1),
    new TypedNumber('float64', 0),
  ])
  t.equal(plain.fromConnect('topic', null, [9007199254740993n, -0]), '[9007199254740993,-0.0]')
  t.equal(plain.fromConnect('topic', null, [1e21, 2 ** 62]), '[1.0E21,4611686018427387904]')
  t.equal(plain.fromConnect('topic', null, [Number.NaN, 1.5]), '["NaN",1.5]')
  t.throws(() => read('1e400'), { code: 'CONNECT_DATA' })
  t.throws(() => read(`[${'1'.repeat(1001)}]`), { code: 'CONNECT_DATA' })
})

t.test('a huge exponent costs nothing', async (t) => {
  const enveloped = converterOf({})
  const type =
    '{"type":"bytes","name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":"2"}}'
  const value = read(`{"schema":${type},"payload":1e999999999}`, enveloped)
  t.same(value, new Decimal(1n, -999999999))
  t.equal(String(value), '1e999999999')
  t.throws(() => read('{"schema":{"type":"int64"},"payload":1e999999999}', enveloped), {
    code: 'CONNECT_DATA',
  })
  t.throws(() => read(`{"schema":${type},"payload":1e9999999999}`, enveloped), {
    code: 'CONNECT_DATA',
  })
})

t.test('nesting of 100,000 levels is refused at once, 1,000 are read', async (t) => {
  for (const [open, close] of [
    ['[', ']'],
    ['{"a":', '}'],
  ] as const) {
    for (const tail of ['', `1${close.repeat(100_000)}`]) {
      const start = performance.now()
      t.match(
        causeOf(() => read(open.repeat(100_000) + tail)),
        /deeper than 1000 levels/,
      )
      t.ok(performance.now() - start < 1000, 'fast')
    }
    t.ok(read(`${open.repeat(1000)}1${close.repeat(1000)}`))
  }
  // Brackets in texts are no nesting, neither up nor down.
  t.ok(read(JSON.stringify(['['.repeat(5000)])))
  t.throws(() => read(`${'["]]",'.repeat(2000)}1${']'.repeat(2000)}`), { code: 'CONNECT_DATA' })
  const schema = `${'{"type":"array","items":'.repeat(2000)}{"type":"int8"}${'}'.repeat(2000)}`
  t.throws(() => read(`{"schema":${schema},"payload":null}`, converterOf({})), {
    code: 'CONNECT_DATA',
  })
  let deep: unknown = 1
  for (let i = 0; i < 100_000; i++) deep = [deep]
  t.throws(() => plain.fromConnect('topic', null, deep), { code: 'CONNECT_DATA' })
  t.throws(() => plain.fromConnect('topic', null, [1n, deep]), { code: 'CONNECT_DATA' })
})

t.test('__proto__ and the names of every object are members like any other', async (t) => {
  for (const number of ['1', '1.0']) {
    const value = read(`{"__proto__":{"polluted":${number}},"constructor":2}`) as object
    t.same(Object.keys(value), ['__proto__', 'constructor'])
    t.equal(Object.getPrototypeOf(value), Object.prototype)
    t.equal((value as { polluted?: unknown }).polluted, undefined)
  }
  const fields = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
  const schema = `{"type":"struct","fields":[${fields.map((name) => `{"type":"string","optional":true,"field":"${name}"}`).join(',')}]}`
  const enveloped = converterOf({})
  const envelope = (payload: string) => `{"schema":${schema},"payload":${payload}}`
  t.same((read(envelope('{}'), enveloped) as Struct).values, [null, null, null, null])
  t.same((read(envelope('{"__proto__":"x","toString":"y"}'), enveloped) as Struct).values, [
    'x',
    null,
    'y',
    null,
  ])
  t.throws(() => read('{"__proto__":{"schema":null,"payload":1}}', enveloped), {
    code: 'CONNECT_DATA',
  })
})

t.test('the quick way and the exact way read the same', async (t) => {
  let seed = 42
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648
    return Math.floor((seed / 2147483648) * below)
  }
  const words = ['', 'é😀', 'a"b\\c', '\u0000\n', '__proto__', '1.0', '-0', '[{']
  const make = (depth: number): unknown => {
    switch (random(depth > 4 ? 5 : 7)) {
      case 0:
        return words[random(words.length)]
      case 1:
        return random(2 ** 31) - 2 ** 30
      case 2:
        return (random(2 ** 20) * 2 + 1) / 2 ** random(12)
      case 3:
        return [true, false, null][random(3)]
      case 4:
        return -random(1000) - 0.5
      case 5:
        return Array.from({ length: random(5) }, () => make(depth + 1))
      default:
        return Object.fromEntries(
          Array.from({ length: random(5) }, (_, i) => [`${words[random(8)]}${i}`, make(depth + 1)]),
        )
    }
  }
  for (let i = 0; i < 500; i++) {
    const text = JSON.stringify(make(0), null, random(2) * 2)
    // What follows the value is ignored by the exact parser alone.
    const [quick, exact] = [read(text), read(`${text} ?`)]
    if (plain.fromConnect('topic', null, quick) !== plain.fromConnect('topic', null, exact))
      t.fail(text)
  }
  t.pass('500 texts')
})

t.test(
  'fractions of any length are read alike by both parsers, and too long ones by none',
  async (t) => {
    const digits = (count: number) =>
      Array.from({ length: count }, () => Math.floor(Math.random() * 10)).join('')
    const wrong: string[] = []
    for (let i = 0; i < 20_000; i++) {
      const whole = BigInt(digits(1 + (i % 19)))
      const edge = i % 3 === 0 ? ['0', '9', '00', '99', '5'][i % 5]!.repeat(1 + (i % 9)) : ''
      const text = `[${i % 2 ? '-' : ''}${whole}.${edge}${digits(1 + (i % 23))}]`
      const [quick, exact] = [read(text), read(`${text} ?`)]
      if (plain.fromConnect('topic', null, quick) !== plain.fromConnect('topic', null, exact))
        wrong.push(text)
    }
    t.strictSame(wrong, [])
    t.throws(() => read(`[1.5${'1'.repeat(1005)}]`), { code: 'CONNECT_DATA' })
  },
)

t.test('a member may be of another type in each record', async (t) => {
  const texts = [
    '{"a":1}',
    '{"a":"1"}',
    '{"a":1.5}',
    '{"a":null}',
    '{"a":[]}',
    '{"a":{"b":1}}',
    '{"a":2.0}',
    '{}',
  ]
  for (const text of [...texts, ...texts.reverse()])
    t.equal(plain.fromConnect('topic', null, read(text)), text)
})

t.test('an envelope that begins like another one is still read to its end', async (t) => {
  const enveloped = converterOf({})
  const start = '{"schema":{"type":"string","optional":true},"payload":'
  t.equal(read(`${start}"a"}`, enveloped), 'a')
  t.equal(read(`${start}"b"} \n`, enveloped), 'b')
  t.equal(read(`${start}"c"}{"what":"follows"}`, enveloped), 'c')
  t.equal(read(`${start} null }`, enveloped), null)
  t.equal(read(`${start}"d","payload":"e"}`, enveloped), 'e', 'the last of two counts')
  t.equal(read(`${start}1,"schema":{"type":"int8"}}`, enveloped), 1)
  for (const rest of ['"a","x":1}', '"a"', '"a"]', '}', '', '"a"}}'.slice(0, 3), '"\xff"}'])
    t.throws(
      () => read(Buffer.from(start + rest, 'latin1'), enveloped),
      { code: 'CONNECT_DATA' },
      rest,
    )
  t.equal(read(`${start}"f"}`, enveloped), 'f')
})

t.test('the schema of an envelope is made once, and the cache has a bound', async (t) => {
  const enveloped = converterOf({ 'schemas.cache.size': '2' })
  const schemaOf = (name: string, payload: string) =>
    enveloped.toConnect(
      'topic',
      Buffer.from(`{"payload":${payload},"schema":{"type":"int64","name":"${name}"}}`),
    ).schema
  const first = schemaOf('a', '1')
  t.equal(schemaOf('a', '2'), first)
  schemaOf('b', '1')
  schemaOf('c', '1')
  t.not(schemaOf('a', '3'), first)
  t.ok(first?.equals(schemaOf('a', '4')))
})

t.test('texts of a megabyte pass', async (t) => {
  const text = 'é"\\\n😀'.repeat(150_000)
  t.equal(
    read(JSON.stringify({ text, more: 1.5 }) as string) &&
      (read(JSON.stringify({ text })) as { text: string }).text,
    text,
  )
  t.same(read(`{"text":${JSON.stringify(text)},"float":1.0}`), {
    text,
    float: new TypedNumber('float64', 1),
  })
  const bytes = new Schema({ type: 'bytes' })
  const enveloped = converterOf({})
  const written = enveloped.fromConnect('topic', bytes, Buffer.alloc(1 << 20, 7)) as string
  t.same(read(written, enveloped), Buffer.alloc(1 << 20, 7))
  const start = performance.now()
  const blanks = ' '.repeat(1 << 20)
  t.throws(() => read(`{"schema":{"type":"bytes"},"payload":"AAAA${blanks}!"}`, enveloped), {
    code: 'CONNECT_DATA',
  })
  t.ok(performance.now() - start < 2000, 'no quadratic work')
})
