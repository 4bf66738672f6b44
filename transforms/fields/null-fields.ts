import { configDef, nonNull, type Schema, validateValue } from '../../runtime/api/index.ts'

/** The key that all transformations of fields share. */
export const nullFieldKeys = configDef({
  'replace.null.with.default': {
    type: 'boolean',
    importance: 'medium',
    doc: 'Whether a null in a field that has a default is replaced by that default. Without a schema it has no effect.',
    default: true,
    validator: nonNull,
  },
})

/** Copies a struct's values for a plan that makes `to` of `from`, field by field; a further field of `to` is the plan's own. */
export type ValuesCopier = (values: readonly unknown[]) => unknown[]

/** Nulls become the field's default unless `replaces` is false; one that is left for a required field is refused. */
export function valuesCopier(from: Schema, to: Schema, replaces: boolean): ValuesCopier {
  const risky = from.fields.filter(({ schema }) => !schema.optional || hasDefault(schema))
  return (values) => {
    const copy = values.slice()
    for (const { index, name, schema } of risky) {
      if (copy[index] !== null) continue
      copy[index] = replaces ? schema.default : null
      const target = to.fields[index]?.schema ?? schema
      if (copy[index] === null) validateValue(target, null, `field: "${name}"`)
    }
    return copy
  }
}

export function hasDefault(schema: Schema): boolean {
  return schema.default !== null
}
