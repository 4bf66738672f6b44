import {
  ConfigException,
  type ConfigOf,
  type Converter,
  type ConverterUse,
  configDef,
  defineConverter,
  type Header,
  type HeaderConverter,
  javaText,
  OPTIONAL_STRING,
  type Schema,
  type SchemaAndValue,
} from '../api/index.ts'
import { type Charset, charsetOf } from './text/charset.ts'

const override = { type: 'string', importance: 'low', default: null, internal: true } as const

const config = configDef({
  'converter.encoding': {
    type: 'string',
    importance: 'high',
    default: 'UTF-8',
    doc: "The text's encoding, by its Java name: UTF-8, UTF-16, UTF-16BE, UTF-16LE, US-ASCII, ISO-8859-1, windows-1252 and other encodings of one byte a character.",
  },
  'key.serializer.encoding': { ...override, doc: 'For keys that are written.' },
  'value.serializer.encoding': { ...override, doc: 'For values that are written.' },
  'key.deserializer.encoding': { ...override, doc: 'For keys that are read.' },
  'value.deserializer.encoding': { ...override, doc: 'For values that are read.' },
})

class SerializationException extends ConfigException {}

/** Any value as its text (Java's `toString`); read as a string. */
class StringConverter implements Converter, HeaderConverter {
  readonly #writes: Charset
  readonly #reads: Charset

  constructor(values: ConfigOf<typeof config>, use: ConverterUse) {
    const side = use === 'key' ? 'key' : 'value'
    this.#writes = configured(values, `${side}.serializer.encoding`)
    this.#reads = configured(values, `${side}.deserializer.encoding`)
  }

  fromConnect(_topic: string, schema: Schema | null, value: unknown): Uint8Array | string | null {
    return value === null ? null : this.#writes.encode(javaText(schema, value))
  }

  toConnect(_topic: string, bytes: Uint8Array | null): SchemaAndValue {
    return { schema: OPTIONAL_STRING, value: bytes === null ? null : this.#reads.decode(bytes) }
  }

  fromConnectHeader(topic: string, { schema, value }: Header): Uint8Array | string | null {
    return this.fromConnect(topic, schema, value)
  }

  toConnectHeader(topic: string, _key: string, bytes: Uint8Array | null): SchemaAndValue {
    return this.toConnect(topic, bytes)
  }
}

function configured(
  values: ConfigOf<typeof config>,
  override: Exclude<keyof typeof config, 'converter.encoding'>,
): Charset {
  const key = values[override] === null ? 'converter.encoding' : override
  const name = values[key] ?? 'UTF-8'
  const charset = charsetOf(name)
  if (charset !== undefined) return charset
  throw new SerializationException([[key, `Unsupported encoding ${name}`]], {
    hint: `Set ${key} to UTF-8, UTF-16, ISO-8859-1, US-ASCII or another encoding of one byte a character.`,
  })
}

export default defineConverter({
  name: 'StringConverter',
  class: 'org.apache.kafka.connect.storage.StringConverter',
  doc: 'Text in any encoding; values are written as Java prints them.',
  config,
  headers: true,
  create: (values, use) => new StringConverter(values, use),
})
