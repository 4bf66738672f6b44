import {
  DataException,
  defineConverter,
  describe,
  OPTIONAL_BOOLEAN,
  type Schema,
  type SchemaAndValue,
} from '../api/index.ts'

const [no, yes] = [Buffer.of(0), Buffer.of(1)]

function fromConnect(_topic: string, schema: Schema | null, value: unknown): Buffer | null {
  if (schema !== null && schema.type !== 'boolean')
    throw new DataException(
      `Invalid schema type for BooleanConverter: ${schema.type.toUpperCase()}`,
    )
  if (value === null) return null
  if (typeof value === 'boolean') return value ? yes : no
  throw new DataException(
    `BooleanConverter is not compatible with objects of type ${describe(value)}`,
  )
}

function toConnect(_topic: string, bytes: Uint8Array | null): SchemaAndValue {
  if (bytes === null) return { schema: OPTIONAL_BOOLEAN, value: null }
  const [byte] = bytes
  if (bytes.length === 1 && (byte === 0 || byte === 1))
    return { schema: OPTIONAL_BOOLEAN, value: byte === 1 }
  throw new DataException('Failed to deserialize boolean: ', {
    hint: 'A boolean is one byte, 0 or 1.',
    cause: new DataException(
      bytes.length === 1
        ? `Unexpected byte received by BooleanDeserializer: ${((byte as number) << 24) >> 24}`
        : 'Size of data received by BooleanDeserializer is not 1',
    ),
  })
}

export default defineConverter({
  name: 'BooleanConverter',
  class: 'org.apache.kafka.connect.converters.BooleanConverter',
  doc: 'A boolean as one byte, 1 or 0.',
  config: {},
  headers: true,
  create: () => ({
    fromConnect,
    toConnect,
    fromConnectHeader: (topic, { schema, value }) => fromConnect(topic, schema, value),
    toConnectHeader: (topic, _key, bytes) => toConnect(topic, bytes),
  }),
})
