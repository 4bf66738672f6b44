import {
  DataException,
  defineConverter,
  describe,
  OPTIONAL_BYTES,
  type Schema,
  type SchemaAndValue,
} from '../api/index.ts'

function fromConnect(_topic: string, schema: Schema | null, value: unknown): Uint8Array | null {
  if (schema !== null && schema.type !== 'bytes')
    throw new DataException(
      `Invalid schema type for ByteArrayConverter: ${schema.type.toUpperCase()}`,
    )
  if (value === null || value instanceof Uint8Array) return value
  throw new DataException(
    `ByteArrayConverter is not compatible with objects of type ${describe(value)}`,
  )
}

function toConnect(_topic: string, bytes: Uint8Array | null): SchemaAndValue {
  // The bytes given are a view into a batch.
  return { schema: OPTIONAL_BYTES, value: bytes && Buffer.from(bytes) }
}

export default defineConverter({
  name: 'ByteArrayConverter',
  class: 'org.apache.kafka.connect.converters.ByteArrayConverter',
  doc: 'Bytes as they are.',
  config: {},
  headers: true,
  create: () => ({
    fromConnect,
    toConnect,
    fromConnectHeader: (topic, { schema, value }) => fromConnect(topic, schema, value),
    toConnectHeader: (topic, _key, bytes) => toConnect(topic, bytes),
  }),
})
