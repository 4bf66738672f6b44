import {
  ConfigException,
  type ConfigOf,
  configDef,
  defineTransformation,
  invalidValue,
  SchemaBuilder,
  type SidedTransformation,
  Struct,
} from '../runtime/api/index.ts'
import { type Insertion, insertionOf } from './fields/insertion.ts'
import { nullFieldKeys, valuesCopier } from './fields/null-fields.ts'
import {
  planOrRefuse,
  refuseStruct,
  requireMap,
  requireStruct,
  withEntries,
} from './fields/operand.ts'

const purpose = 'field insertion'

const nameOf = (what: string) =>
  ({
    type: 'string',
    importance: 'medium',
    doc: `Name of the field that receives ${what}. A last \`!\` makes it required, \`?\` optional, as it is without either.`,
    default: null,
  }) as const

const config = configDef({
  'topic.field': nameOf("the record's topic"),
  'partition.field': nameOf("the record's partition; left out while a source leaves it open"),
  'offset.field': nameOf("the record's offset in its partition; sinks only"),
  'timestamp.field': nameOf(
    "the record's timestamp: a Timestamp with a schema, ms since 1970 without; left out where the record has none",
  ),
  'static.field': nameOf('the text of `static.value`'),
  'static.value': {
    type: 'string',
    importance: 'medium',
    doc: 'The text for `static.field`.',
    default: null,
  },
  ...nullFieldKeys,
})

export default defineTransformation({
  name: 'InsertField',
  class: 'org.apache.kafka.connect.transforms.InsertField',
  doc: 'Adds fields that say where a record comes from (topic, partition, offset, timestamp) or hold a fixed text. Without a schema a field of that name is overwritten, with a schema it is an error. Null keys and values pass unchanged.',
  config,
  sides: ['key', 'value'],
  create: (settings) => transformation(insertions(settings), settings['replace.null.with.default']),
})

function insertions(settings: ConfigOf<typeof config>): readonly Insertion[] {
  const text = settings['static.value']
  if (settings['static.field'] !== null && text === null) {
    const reason = `No value specified for static field: ${settings['static.field']}`
    throw new ConfigException([['static.value', invalidValue(null, 'static.value', reason)]])
  }
  const found = (['topic', 'partition', 'offset', 'timestamp', 'static'] as const).flatMap(
    (origin) => {
      const name = settings[`${origin}.field`]
      return name === null ? [] : [insertionOf(origin, name, text)]
    },
  )
  if (found.length === 0)
    throw new ConfigException([['topic.field', 'No field insertion configured']])
  return found
}

function transformation(
  insertions: readonly Insertion[],
  replacesNulls: boolean,
): SidedTransformation {
  return {
    plan: (schema) =>
      planOrRefuse(schema, () => {
        if (schema.type !== 'struct')
          return { schema, map: (value) => refuseStruct(value, purpose) }
        const builder = SchemaBuilder.struct().basics(schema)
        for (const field of schema.fields) builder.field(field.name, field.schema)
        for (const { name, schema } of insertions) builder.field(name, schema)
        const extended = builder.build()
        const copyOf = valuesCopier(schema, extended, replacesNulls)
        return {
          schema: extended,
          map(value, record) {
            const values = copyOf(requireStruct(value, schema, purpose).values)
            for (const insertion of insertions) values.push(insertion.typed(record) ?? null)
            return new Struct(extended, values)
          },
        }
      }),
    planKeys(keys) {
      const added = insertions.map(({ name }) => name).filter((name) => !keys.includes(name))
      const extended = [...keys, ...new Set(added)]
      const places = insertions.map(({ name }) => extended.indexOf(name))
      return {
        keys: extended,
        map(values, record) {
          const copy = values.slice()
          while (copy.length < extended.length) copy.push(undefined)
          for (let i = 0; i < insertions.length; i++) {
            const value = (insertions[i] as Insertion).plain(record)
            if (value !== undefined) copy[places[i] as number] = value
          }
          return copy
        },
      }
    },
    map(value, record) {
      if (value === null) return null
      const map = requireMap(value, purpose)
      const entries = insertions.map(({ name, plain }) => [name, plain(record)] as const)
      return withEntries(
        map,
        entries.filter(([, value]) => value !== undefined),
      )
    },
  }
}
