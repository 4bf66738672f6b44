import {
  DataException,
  defineConverter,
  describe,
  OPTIONAL_FLOAT32,
  OPTIONAL_FLOAT64,
  OPTIONAL_INT16,
  OPTIONAL_INT32,
  OPTIONAL_INT64,
  type Schema,
  type SchemaAndValue,
  TypedNumber,
} from '../api/index.ts'

interface Format {
  /** The class is named by it: `IntegerConverter`. */
  readonly word: string
  readonly schema: Schema
  readonly size: number
  /** As the cause of a wrong length names it; the two floating ones have no name there. */
  readonly reader: string
  write(buffer: Buffer, value: never): void
  read(buffer: Buffer): number | bigint
}

const formats: readonly Format[] = [
  {
    word: 'Short',
    schema: OPTIONAL_INT16,
    size: 2,
    reader: 'ShortDeserializer',
    write: (buffer, value: number) => buffer.writeInt16BE(value),
    read: (buffer) => buffer.readInt16BE(),
  },
  {
    word: 'Integer',
    schema: OPTIONAL_INT32,
    size: 4,
    reader: 'IntegerDeserializer',
    write: (buffer, value: number) => buffer.writeInt32BE(value),
    read: (buffer) => buffer.readInt32BE(),
  },
  {
    word: 'Long',
    schema: OPTIONAL_INT64,
    size: 8,
    reader: 'LongDeserializer',
    write: (buffer, value: bigint) => buffer.writeBigInt64BE(value),
    read: (buffer) => buffer.readBigInt64BE(),
  },
  {
    word: 'Float',
    schema: OPTIONAL_FLOAT32,
    size: 4,
    reader: 'Deserializer',
    write: (buffer, value: number) => buffer.writeFloatBE(value),
    read: (buffer) => buffer.readFloatBE(),
  },
  {
    word: 'Double',
    schema: OPTIONAL_FLOAT64,
    size: 8,
    reader: 'Deserializer',
    write: (buffer, value: number) => buffer.writeDoubleBE(value),
    read: (buffer) => buffer.readDoubleBE(),
  },
]

/** The number if it is of the format's own type; the schema of the record is ignored but for what a plain number means. */
function numberOf({ schema: { type } }: Format, schema: Schema | null, value: unknown) {
  if (value instanceof TypedNumber) return value.type === type ? value.value : undefined
  if (schema !== null) return schema.type === type && isPlain(schema, value) ? value : undefined
  if (typeof value === 'bigint')
    return type === 'int64' && BigInt.asIntN(64, value) === value ? value : undefined
  if (typeof value !== 'number') return undefined
  if (Number.isInteger(value) && !Object.is(value, -0))
    return type === 'int64' ? BigInt(value) : undefined
  return type === 'float64' ? value : undefined
}

function isPlain(schema: Schema, value: unknown): boolean {
  return typeof value === (schema.type === 'int64' ? 'bigint' : 'number')
}

function converterOf(format: Format) {
  const word = format.word.toLowerCase()
  const fromConnect = (_topic: string, schema: Schema | null, value: unknown): Buffer | null => {
    if (value === null) return null
    const number = numberOf(format, schema, value)
    if (number === undefined)
      throw new DataException(`Failed to serialize to ${word} (was ${describe(value)}): `)
    const buffer = Buffer.allocUnsafe(format.size)
    format.write(buffer, number as never)
    return buffer
  }
  const toConnect = (_topic: string, bytes: Uint8Array | null): SchemaAndValue => {
    if (bytes === null) return { schema: format.schema, value: null }
    if (bytes.length !== format.size)
      throw new DataException(`Failed to deserialize ${word}: `, {
        hint: `A ${word} is ${format.size} bytes, these are ${bytes.length}.`,
        cause: new DataException(`Size of data received by ${format.reader} is not ${format.size}`),
      })
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return { schema: format.schema, value: format.read(buffer) }
  }
  return defineConverter({
    name: `${format.word}Converter`,
    class: `org.apache.kafka.connect.converters.${format.word}Converter`,
    doc: `A number of ${format.size} bytes, big-endian.`,
    config: {},
    headers: true,
    create: () => ({
      fromConnect,
      toConnect,
      fromConnectHeader: (topic, { schema, value }) => fromConnect(topic, schema, value),
      toConnectHeader: (topic, _key, bytes) => toConnect(topic, bytes),
    }),
  })
}

export default formats.map(converterOf)
