import t from 'tap'
import {
  type Converter,
  type ConverterDefinition,
  Decimal,
  type HeaderConverterDefinition,
  parseConfig,
} from '../../../runtime/api/index.ts'
import booleanConverter from '../../../runtime/converters/boolean-converter.ts'
import byteArrayConverter from '../../../runtime/converters/byte-array-converter.ts'
import numberConverters from '../../../runtime/converters/number-converters.ts'
import simpleHeaderConverter from '../../../runtime/converters/simple-header-converter.ts'
import stringConverter from '../../../runtime/converters/string-converter.ts'
import {
  difference,
  errorDifference,
  failure,
  replay,
  toBytes,
  toSchema,
  toValue,
  type Vector,
  valueDifference,
} from '../../helpers/vectors.ts'

const byClass = new Map<string, ConverterDefinition>(
  [booleanConverter, byteArrayConverter, stringConverter, ...numberConverters].map((each) => [
    each.class,
    each,
  ]),
)

function bytesText(bytes: Uint8Array | string | null | undefined): string | null {
  return bytes == null ? null : Buffer.from(bytes as string).toString('base64')
}

function differenceOf({ plugin, config, isKey, op, input, output, error }: Vector) {
  const definition = byClass.get(plugin)
  if (definition === undefined) return `no converter ${plugin}`
  let converter: Converter | undefined
  const refused = failure(() => {
    const values = parseConfig(definition.config, config)
    converter = definition.create(values, isKey ? 'key' : 'value')
  })
  if (converter === undefined)
    return error ? errorDifference(error, refused, { phase: 'configure' }) : String(refused)
  const ready = converter
  let found: unknown
  const schema = op === 'fromConnectData' ? toSchema(input.schema) : null
  const thrown = failure(() => {
    found =
      op === 'fromConnectData'
        ? ready.fromConnect('topic', schema, toValue(schema, input.value))
        : ready.toConnect('topic', toBytes(input))
  })
  if (error) return errorDifference(error, thrown, { phase: 'apply' })
  if (thrown) return String((thrown as Error).stack)
  return op === 'fromConnectData'
    ? difference(bytesText(toBytes(output)), bytesText(found as string), 'bytes')
    : valueDifference(output, found as ReturnType<Converter['toConnect']>)
}

t.test('texts, bytes, numbers and booleans are converted as Connect does', async (t) => {
  replay(t, 'other-converters', () => true, differenceOf)
})

t.test('headers are written and read as text as Connect does', async (t) => {
  const definition: HeaderConverterDefinition = simpleHeaderConverter
  const converter = definition.create({})
  replay(
    t,
    'values',
    ({ op }) => op === 'toConnectHeader' || op === 'fromConnectHeader',
    ({ op, input, output }) => {
      if (op === 'toConnectHeader') {
        const found = converter.toConnectHeader('topic', 'h', toBytes(input))
        return valueDifference(output ?? { schema: null, value: null }, found)
      }
      const schema = toSchema(input.schema)
      const value = toValue(schema, input.value)
      const found = converter.fromConnectHeader('topic', { key: 'h', schema, value })
      return difference(bytesText(toBytes(output)), bytesText(found), 'bytes')
    },
  )
})

t.test('a header of any bytes is read at once, as a text if as nothing else', async (t) => {
  const converter = (simpleHeaderConverter as HeaderConverterDefinition).create({})
  const read = (bytes: Buffer) => converter.toConnectHeader('topic', 'h', bytes).value
  const texts = [
    '['.repeat(100_000),
    '{"a":'.repeat(100_000),
    `[${'"a",'.repeat(100_000)}`,
    `{${'1:'.repeat(100_000)}`,
    '\\'.repeat(100_001),
    '"'.repeat(100_000),
    `1e${'9'.repeat(100_000)}`,
    'a\0b',
    '\uffff[1',
  ]
  const start = performance.now()
  for (const text of texts) t.equal(read(Buffer.from(text)), text, text.slice(0, 5))
  t.equal(read(Buffer.from([0x61, 0xff])), 'a\ufffd')
  t.equal(read(Buffer.from([0x61, 0xed, 0xa0, 0x80])), 'a\ufffd', 'as many as Java')
  t.same(read(Buffer.from('9'.repeat(100_000))), new Decimal(BigInt('9'.repeat(100_000)), 0))
  t.same(read(Buffer.from('1e-999999999')), 0)
  t.ok(performance.now() - start < 5000)
})

t.test('lone surrogates are written as Java does', async (t) => {
  const text = writtenText('\ud800a', {})
  t.equal(text, Buffer.from('?a').toString('base64'))
  t.equal(writtenText('\ud800a', { 'converter.encoding': 'UTF-16BE' }), '//0AYQ==')
  t.equal(writtenText('€\u0081', { 'converter.encoding': 'windows-1252' }), 'gD8=')
  t.equal(writtenText('😀é', { 'converter.encoding': 'latin1' }), 'P+k=')
})

function writtenText(text: string, config: Readonly<Record<string, string>>): string | null {
  const values = parseConfig(stringConverter.config, config)
  return bytesText(stringConverter.create(values, 'value').fromConnect('topic', null, text))
}

t.test('bytes that were read are not those of the batch', async (t) => {
  const batch = Buffer.from('abc')
  const converter = byteArrayConverter.create({}, 'value')
  const { value } = converter.toConnect('topic', batch)
  batch.fill(0)
  t.same(value, Buffer.from('abc'))
})
