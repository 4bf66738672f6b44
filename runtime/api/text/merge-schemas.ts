import type { Schema } from '../schema.ts'

const numeric = ['int8', 'int16', 'int32', 'int64', 'float32', 'float64']

/** The schema that holds values of both, or null: of two numbers the wider one, of one type the later, unless only the earlier is optional. */
export function mergeSchemas(earlier: Schema, later: Schema): Schema | null {
  if (earlier.type === later.type)
    return earlier.optional === later.optional && !earlier.optional ? later : earlier
  const from = numeric.indexOf(earlier.type)
  const to = numeric.indexOf(later.type)
  if (from < 0 || to < 0) return null
  return from > to ? earlier : later
}
