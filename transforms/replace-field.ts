import {
  configDef,
  DataException,
  defineTransformation,
  distinct,
  type KeysPlan,
  type Schema,
  SchemaBuilder,
  type SchemaPlan,
  type SidedTransformation,
  Struct,
  validateValue,
} from '../runtime/api/index.ts'
import { hasDefault, nullFieldKeys } from './fields/null-fields.ts'
import {
  planOrRefuse,
  refuseStruct,
  requireMap,
  requireStruct,
  type SchemalessMap,
} from './fields/operand.ts'
import { Renames, renamesProblem } from './fields/renames.ts'

const purpose = 'field replacement'

const config = configDef({
  exclude: {
    type: 'list',
    importance: 'medium',
    doc: 'Fields to leave out. This takes precedence over `include`.',
    default: [],
    validator: distinct({ allowEmpty: true }),
  },
  include: {
    type: 'list',
    importance: 'medium',
    doc: 'Fields to keep, all others are left out. Empty: keep all.',
    default: [],
    validator: distinct({ allowEmpty: true }),
  },
  renames: {
    type: 'list',
    importance: 'medium',
    doc: 'New names for fields, as `old:new,…`. `exclude` and `include` speak of the old names.',
    default: [],
    validator: renamesProblem,
  },
  ...nullFieldKeys,
  blacklist: {
    type: 'list',
    importance: 'low',
    doc: 'Old name of `exclude`.',
    default: null,
    deprecated: { since: '2.7', use: 'exclude' },
  },
  whitelist: {
    type: 'list',
    importance: 'low',
    doc: 'Old name of `include`.',
    default: null,
    deprecated: { since: '2.7', use: 'include' },
  },
})

export default defineTransformation({
  name: 'ReplaceField',
  class: 'org.apache.kafka.connect.transforms.ReplaceField',
  doc: 'Leaves out or renames fields. Null keys and values pass unchanged. With a schema two fields of one name are an error; without, the later one stays.',
  config,
  sides: ['key', 'value'],
  create: (config) =>
    new FieldReplacement(
      new Set(config.exclude),
      new Set(config.include),
      new Renames(config.renames),
      config['replace.null.with.default'],
    ),
})

class FieldReplacement implements SidedTransformation {
  readonly #exclude: ReadonlySet<string>
  readonly #include: ReadonlySet<string>
  readonly #renames: Renames
  readonly #replacesNulls: boolean

  constructor(
    exclude: ReadonlySet<string>,
    include: ReadonlySet<string>,
    renames: Renames,
    replacesNulls: boolean,
  ) {
    this.#exclude = exclude
    this.#include = include
    this.#renames = renames
    this.#replacesNulls = replacesNulls
  }

  plan(schema: Schema): SchemaPlan {
    return planOrRefuse(schema, () =>
      schema.type === 'struct'
        ? this.#structPlan(schema)
        : { schema, map: (value) => refuseStruct(value, purpose) },
    )
  }

  #structPlan(schema: Schema): SchemaPlan {
    const builder = SchemaBuilder.struct().basics(schema)
    for (const { name, schema: field } of schema.fields)
      if (this.#keeps(name)) builder.field(this.#renames.newName(name), field)
    const reduced = builder.build()
    const origins = reduced.fields.map(({ name }) => this.#origin(schema, name))
    const places = origins.map(({ index }) => index)
    const checked = reduced.fields.flatMap((field, at) => {
      const from = (origins[at] as { schema: Schema }).schema
      const isForeign = !from.equals(field.schema)
      const isRisky = isForeign || !field.schema.optional || hasDefault(field.schema)
      return isRisky ? [{ field, from, at, isForeign }] : []
    })
    return {
      schema: reduced,
      map: (value) => {
        const { values } = requireStruct(value, schema, purpose)
        const kept: unknown[] = []
        for (const place of places) kept.push(values[place])
        for (const { field, from, at, isForeign } of checked) {
          if (kept[at] === null && hasDefault(from) && this.#replacesNulls) kept[at] = from.default
          if (isForeign || kept[at] === null)
            validateValue(field.schema, kept[at], `field: "${field.name}"`)
        }
        return new Struct(reduced, kept)
      },
    }
  }

  /** By the last rename to that name, whether or not it is the one that made the field: so does Connect. */
  #origin(schema: Schema, newName: string): { index: number; schema: Schema } {
    const oldName = this.#renames.oldName(newName)
    const field = schema.field(oldName)
    if (!field) throw new DataException(`${oldName} is not a valid field name`)
    return field
  }

  planKeys(keys: readonly string[]): KeysPlan | undefined {
    const places = keys.flatMap((key, index) => (this.#keeps(key) ? [index] : []))
    const names = places.map((place) => this.#renames.newName(keys[place] as string))
    // Which of two fields stays depends on which of them the record has.
    if (new Set(names).size < names.length) return undefined
    return {
      keys: names,
      map(values) {
        const kept: unknown[] = []
        for (const place of places) kept.push(values[place])
        return kept
      },
    }
  }

  map(value: unknown): unknown {
    if (value === null) return null
    const map = requireMap(value, purpose)
    return map instanceof Map ? new Map(this.#entries(map)) : Object.fromEntries(this.#entries(map))
  }

  *#entries(map: SchemalessMap): Generator<[string, unknown]> {
    for (const [key, value] of map instanceof Map ? map : Object.entries(map)) {
      if (typeof key !== 'string')
        throw new DataException(`Only text keys are supported for [${purpose}], found: ${key}`)
      if (this.#keeps(key)) yield [this.#renames.newName(key), value]
    }
  }

  #keeps(name: string): boolean {
    return !this.#exclude.has(name) && (this.#include.size === 0 || this.#include.has(name))
  }
}
