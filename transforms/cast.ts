import {
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
import { type CastTo, castValue, schemaCaster, unsupported } from './cast/cast-value.ts'
import { type CastSpec, parseSpec, specProblem } from './cast/spec.ts'
import { nullFieldKeys, valuesCopier } from './fields/null-fields.ts'
import { entryOf, planOrRefuse, requireMap, requireStruct, withEntries } from './fields/operand.ts'

const purpose = 'cast types'

const config = configDef({
  spec: {
    type: 'list',
    importance: 'high',
    doc: 'Fields and their new types, as `field:type,…`, or a single type for the whole key or value. Types are int8, int16, int32, int64, float32, float64, boolean and string.',
    validator: specProblem,
  },
  ...nullFieldKeys,
})

export default defineTransformation({
  name: 'Cast',
  class: 'org.apache.kafka.connect.transforms.Cast',
  doc: "Gives fields, or the whole key or value, another primitive type. Numbers that are too large for an integer type wrap as Java's do; text that is no number is an error. Dates become days or milliseconds, bytes become Base64 text. Null keys and values pass unchanged.",
  config,
  sides: ['key', 'value'],
  create: (config) => new Cast(parseSpec(config.spec), config['replace.null.with.default']),
})

class Cast implements SidedTransformation {
  readonly #spec: CastSpec
  readonly #replacesNulls: boolean

  constructor(spec: CastSpec, replacesNulls: boolean) {
    this.#spec = spec
    this.#replacesNulls = replacesNulls
  }

  plan(schema: Schema): SchemaPlan {
    const { whole } = this.#spec
    return planOrRefuse(schema, () =>
      whole === undefined ? this.#structPlan(schema) : wholePlan(schema, whole),
    )
  }

  #structPlan(schema: Schema): SchemaPlan {
    if (schema.type !== 'struct') throw new DataException('Cannot list fields on non-struct type')
    const builder = SchemaBuilder.struct().basics(schema)
    const casts: { index: number; cast: (value: unknown) => unknown }[] = []
    for (const { name, index, schema: field } of schema.fields) {
      const to = this.#spec.fields.get(name)
      builder.field(name, to === undefined ? field : castSchema(field, to))
      if (to !== undefined) casts.push({ index, cast: schemaCaster(field, to) })
    }
    const converted = (schema.optional ? builder.optional() : builder).build()
    // Connect casts the default to the struct's own type, which it refuses.
    if (schema.default !== null) unsupported('STRUCT')
    const copyOf = valuesCopier(schema, converted, this.#replacesNulls)
    return {
      schema: converted,
      map(value) {
        const values = copyOf(requireStruct(value, schema, purpose).values)
        for (const { index, cast } of casts)
          if (values[index] !== null) values[index] = cast(values[index])
        return new Struct(converted, values)
      },
    }
  }

  map(value: unknown): unknown {
    const { whole, fields } = this.#spec
    if (value === null) return null
    if (whole !== undefined) return castValue(value, whole)
    const map = requireMap(value, purpose)
    const cast = (name: string, to: CastTo) => [name, castValue(entryOf(map, name), to)] as const
    return withEntries(
      map,
      Array.from(fields, ([name, to]) => cast(name, to)),
    )
  }

  planKeys(keys: readonly string[]): KeysPlan | undefined {
    const { whole, fields } = this.#spec
    if (whole !== undefined) return undefined
    const all = [...new Set([...keys, ...fields.keys()])]
    const casts = Array.from(fields, ([name, to]) => ({ index: all.indexOf(name), to }))
    return {
      keys: all,
      map(values) {
        const copy = values.slice()
        for (const { index, to } of casts) copy[index] = castValue(copy[index] ?? null, to)
        return copy
      },
    }
  }
}

function wholePlan(schema: Schema, to: CastTo): SchemaPlan {
  const builder = new SchemaBuilder(to).basics(schema)
  if (schema.optional) builder.optional()
  const cast = schemaCaster(schema, to)
  if (schema.default !== null) builder.defaultValue(cast(schema.default))
  return { schema: builder.build(), map: cast }
}

/** A cast field is a plain one: of the old schema it keeps that it is optional, and the default. */
function castSchema(schema: Schema, to: CastTo): Schema {
  const builder = new SchemaBuilder(to)
  if (schema.optional) builder.optional()
  if (schema.default !== null) builder.defaultValue(schemaCaster(schema, to)(schema.default))
  return builder.build()
}
