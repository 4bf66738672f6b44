import type { Validator } from '../../runtime/api/index.ts'
import { invalidMapping, splitAtColons } from '../fields/renames.ts'

export const castTypes = [
  'int8',
  'int16',
  'int32',
  'int64',
  'float32',
  'float64',
  'boolean',
  'string',
] as const

export type CastTo = (typeof castTypes)[number]

/** Either one type for the whole key or value, or one per field. */
export interface CastSpec {
  readonly whole: CastTo | undefined
  readonly fields: ReadonlyMap<string, CastTo>
}

/** For a list that `specProblem` has passed. */
export function parseSpec(items: readonly string[]): CastSpec {
  const fields = new Map<string, CastTo>()
  let whole: CastTo | undefined
  for (const item of items) {
    const [name = '', type] = splitAtColons(item)
    if (type === undefined) whole = castTypeOf(name)
    else fields.set(name.trim(), castTypeOf(type))
  }
  return { whole, fields }
}

function castTypeOf(text: string): CastTo {
  return text.trim().toLowerCase() as CastTo
}

export const specProblem: Validator = (value) => {
  const items = (value ?? []) as readonly string[]
  if (items.length === 0) return { message: 'Must specify at least one field to cast.' }
  for (const item of items) {
    const parts = splitAtColons(item)
    if (parts.length > 2) return { message: invalidMapping(items, item) }
    const message = typeProblem((parts.at(-1) as string).trim())
    if (message !== undefined) return { message }
  }
  return items.length > 1 && items.some((item) => splitAtColons(item).length === 1)
    ? {
        message:
          'Cast transformations that specify a type to cast the entire value to may only specify a single cast in their spec',
      }
    : undefined
}

const supported = castTypes.map((type) => type.toUpperCase())

/** The texts are Connect's, down to the Java names in them. */
function typeProblem(text: string): string | undefined {
  const type = text.toUpperCase()
  if (supported.includes(type)) return undefined
  if (['BYTES', 'ARRAY', 'MAP', 'STRUCT'].includes(type))
    return `Cast transformation does not support casting to ${type}; supported types are [${supported.join(', ')}]`
  return (
    'Invalid value java.lang.IllegalArgumentException: No enum constant ' +
    `org.apache.kafka.connect.data.Schema.Type.${type} for configuration Invalid type found in casting spec: ${text}`
  )
}
