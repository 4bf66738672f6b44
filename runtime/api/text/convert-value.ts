import { DataException } from '../errors.ts'
import type { SchemaAndValue } from '../record.ts'
import type { Schema } from '../schema.ts'
import { convertUnparsed } from './convert-unparsed.ts'
import { parseText } from './parse-text.ts'
import { retype } from './retype.ts'

/**
 * Converts a value (of `schema`, or schemaless) to the type of `target` as Connect's `Values.convertToX` do: numbers lose their fraction and wrap
 * around, texts are parsed. What cannot be converted is a DataException. Null stays null for plain types and is refused for the rest.
 */
export function convertValue(target: Schema, schema: Schema | null, value: unknown): unknown {
  if (typeof value !== 'string') return convertUnparsed(target, schema, value)
  if (target.logical !== null)
    return convertUnparsed(
      target,
      schema,
      target.logical === 'decimal' ? value : meaning(value).value,
    )
  switch (target.type) {
    case 'boolean': {
      const parsed = meaning(value).value
      return typeof parsed === 'boolean' ? parsed : convertUnparsed(target, schema, value)
    }
    case 'array':
    case 'map': {
      const parsed = meaning(value)
      return retype(parsed.schema, null, convertUnparsed(target, parsed.schema, parsed.value))
    }
    default:
      return convertUnparsed(target, schema, value)
  }
}

/** The word `null` means no value. */
function meaning(text: string): SchemaAndValue {
  const parsed = parseText(text)
  if (parsed !== null) return parsed
  throw new DataException('The text "null" stands for no value: there is nothing to convert')
}
