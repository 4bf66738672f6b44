import {
  BYTES,
  defineHeaderConverter,
  type Header,
  parseText,
  printValue,
  type SchemaAndValue,
} from '../api/index.ts'
import { decodeUtf8, encodable } from './text/utf8.ts'

const nothing: SchemaAndValue = { schema: null, value: null }

/** Values as text. The type is not kept: the string `42` comes back as an int8. */
export default defineHeaderConverter({
  name: 'SimpleHeaderConverter',
  class: 'org.apache.kafka.connect.storage.SimpleHeaderConverter',
  doc: 'Writes header values as text; reads numbers, booleans, ISO dates, lists and maps from it.',
  config: {},
  create: () => ({
    fromConnectHeader(_topic: string, { schema, value }: Header) {
      const text = printValue(schema, value)
      return text === null ? null : encodable(text)
    },
    toConnectHeader(_topic: string, _key: string, bytes: Uint8Array | null): SchemaAndValue {
      if (bytes === null) return nothing
      try {
        return parseText(decodeUtf8(bytes)) ?? nothing
      } catch {
        // As Connect: what cannot be read passes as it is.
        return { schema: BYTES, value: Buffer.from(bytes) }
      }
    },
  }),
})
