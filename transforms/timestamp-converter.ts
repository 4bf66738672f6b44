import {
  ConfigException,
  type ConfigOf,
  ConnectException,
  configDef,
  DataException,
  defineTransformation,
  type KeysPlan,
  type Schema,
  SchemaBuilder,
  type SchemaPlan,
  type SidedTransformation,
  Struct,
} from '../runtime/api/index.ts'
import { hasDefault, nullFieldKeys, valuesCopier } from './fields/null-fields.ts'
import {
  entryOf,
  kindOf,
  refuseStruct,
  requireMap,
  requireStruct,
  withEntries,
} from './fields/operand.ts'
import {
  type FromInstant,
  type Options,
  precisions,
  reader,
  type TimeType,
  type ToInstant,
  targetSchemas,
  timeTypes,
  typeOfSchema,
  typeOfValue,
  writer,
} from './timestamp/conversion.ts'
import { DateFormat } from './timestamp/date-format.ts'
import { BadPattern } from './timestamp/date-pattern.ts'

const purpose = 'converting timestamp formats'

const config = configDef({
  'target.type': {
    type: 'string',
    importance: 'high',
    doc: 'What to make of the timestamp: a text, the time since 1970 as a number (`unix`), or a value of the types Date, Time or Timestamp.',
    oneOf: timeTypes,
  },
  field: {
    type: 'string',
    importance: 'high',
    doc: 'The field to convert; empty for the whole key or value.',
    default: '',
  },
  format: {
    type: 'string',
    importance: 'medium',
    doc: "Pattern of texts, read or written, in the letters of Java's SimpleDateFormat: y M d D H k K h m s S a Z X and quoted text. UTC, unless the pattern has a zone. Names of months, days and zones are not available yet.",
    default: '',
  },
  'unix.precision': {
    type: 'string',
    importance: 'low',
    doc: 'The unit of numbers, read or written. Going to a coarser unit drops the rest.',
    oneOf: precisions,
    default: 'milliseconds',
  },
  ...nullFieldKeys,
})

export default defineTransformation({
  name: 'TimestampConverter',
  class: 'org.apache.kafka.connect.transforms.TimestampConverter',
  doc: 'Converts timestamps between texts, numbers since 1970 and the types Date, Time and Timestamp. What the timestamp is now is told by its schema, or by its value where there is none. Dates are of the Gregorian calendar at all times. Texts are read leniently: month 13 is the next January, and what follows the pattern is not looked at.',
  config,
  sides: ['key', 'value'],
  create: (config) => new TimestampConverter(config),
})

function formatOf(settings: ConfigOf<typeof config>): DateFormat | null {
  const pattern = settings.format ?? ''
  const problem = (message: string) => new ConfigException([['format', message]])
  if (pattern.trim() === '') {
    if (settings['target.type'] !== 'string') return null
    throw problem(
      'TimestampConverter requires format option to be specified when using string timestamps',
    )
  }
  try {
    return new DateFormat(pattern)
  } catch (error) {
    const reason = (error as Error).message
    if (!(error instanceof BadPattern)) throw problem(reason)
    throw problem(
      `Invalid value java.lang.IllegalArgumentException: ${reason} for configuration ` +
        `TimestampConverter requires a SimpleDateFormat-compatible pattern for string timestamps: ${pattern}`,
    )
  }
}

class TimestampConverter implements SidedTransformation {
  readonly #target: TimeType
  readonly #field: string
  readonly #replacesNulls: boolean
  readonly #readers: ReadonlyMap<TimeType, ToInstant>
  readonly #write: FromInstant

  constructor(settings: ConfigOf<typeof config>) {
    const options: Options = { format: formatOf(settings), precision: settings['unix.precision'] }
    this.#target = settings['target.type']
    this.#field = settings.field ?? ''
    this.#replacesNulls = settings['replace.null.with.default']
    this.#readers = new Map(timeTypes.map((type) => [type, reader(type, options)]))
    this.#write = writer(this.#target, options)
  }

  plan(schema: Schema): SchemaPlan {
    return this.#field === '' ? this.#wholePlan(schema) : this.#structPlan(schema)
  }

  #wholePlan(schema: Schema): SchemaPlan {
    const convert = this.#typedConversion(schema)
    return { schema: this.#targetSchema(schema), map: convert, mapsNull: true }
  }

  #structPlan(schema: Schema): SchemaPlan {
    if (schema.type !== 'struct') return { schema, map: notAStruct, mapsNull: true }
    const converted = this.#structSchema(schema)
    return { ...this.#structMap(schema, converted), mapsNull: true }
  }

  #structSchema(schema: Schema): Schema {
    const builder = SchemaBuilder.struct().basics(schema)
    for (const { name, schema: field } of schema.fields)
      builder.field(name, name === this.#field ? this.#targetSchema(field) : field)
    if (schema.optional) builder.optional()
    const converted = builder.build()
    if (!(schema.default instanceof Struct)) return converted
    const values = this.#valuesMap(schema, converted)(schema.default.values)
    return converted.with({ default: new Struct(converted, values) })
  }

  #structMap(
    schema: Schema,
    converted: Schema,
  ): { schema: Schema; map: (value: unknown) => unknown } {
    const fillsDefaults =
      this.#replacesNulls && schema.fields.some((field) => hasDefault(field.schema))
    if (schema.field(this.#field) === undefined && !fillsDefaults)
      return {
        schema,
        map: (value) => (value === null ? null : requireStruct(value, schema, purpose)),
      }
    const mapped = this.#valuesMap(schema, converted)
    return {
      schema: converted,
      map: (value) =>
        value === null
          ? null
          : new Struct(converted, mapped(requireStruct(value, schema, purpose).values)),
    }
  }

  #valuesMap(schema: Schema, converted: Schema): (values: readonly unknown[]) => unknown[] {
    const copyOf = valuesCopier(schema, converted, this.#replacesNulls)
    const field = schema.field(this.#field)
    if (field === undefined) return copyOf
    const convert = this.#typedConversion(field.schema)
    return (values) => {
      const copy = copyOf(values)
      copy[field.index] = convert(copy[field.index])
      return copy
    }
  }

  #targetSchema({ optional }: Schema): Schema {
    return targetSchemas[this.#target].with({ optional })
  }

  #typedConversion(schema: Schema): (value: unknown) => unknown {
    const type = typeOfSchema(schema)
    if (type === undefined) {
      return () => {
        throw new ConnectException(
          `Schema ${schema} does not correspond to a known timestamp type format`,
        )
      }
    }
    const read = this.#readers.get(type) as ToInstant
    const write = this.#write
    return (value) => (value === null ? null : write(read(value)))
  }

  map(value: unknown): unknown {
    if (value === null) return null
    if (this.#field === '') return this.#convert(value)
    const map = requireMap(value, purpose)
    return withEntries(map, [[this.#field, this.#convert(entryOf(map, this.#field))]])
  }

  planKeys(keys: readonly string[]): KeysPlan | undefined {
    if (this.#field === '') return undefined
    const isThere = keys.includes(this.#field)
    const index = isThere ? keys.indexOf(this.#field) : keys.length
    return {
      keys: isThere ? keys : [...keys, this.#field],
      map: (values) => {
        const copy = values.slice()
        copy[index] = this.#convert(copy[index] ?? null)
        return copy
      },
    }
  }

  #convert(value: unknown): unknown {
    if (value === null) return null
    const type = typeOfValue(value)
    if (type === undefined)
      throw new DataException(
        `TimestampConverter does not support class ${kindOf(value)} objects as timestamps`,
      )
    const converted = this.#write((this.#readers.get(type) as ToInstant)(value))
    return typeof converted === 'bigint' && Number.isSafeInteger(Number(converted))
      ? Number(converted)
      : converted
  }
}

function notAStruct(value: unknown): never {
  if (value !== null) refuseStruct(value, purpose)
  throw new DataException('Cannot list fields on non-struct type')
}
