import { DataException } from './errors.ts'
import { javaText } from './java-text.ts'
import { type Schema, type SchemaType, sameParameters } from './schema.ts'
import { Struct } from './struct.ts'
import { toFloat32 } from './text/decimal-number.ts'
import { Decimal } from './values.ts'

/** A value of one schema cannot be shown as the other. */
export class SchemaProjectorException extends DataException {}

const promotable: readonly SchemaType[] = ['int8', 'int16', 'int32', 'int64', 'float32', 'float64']

/**
 * Shows a value of one schema as a value of another, compatible one (Connect's `SchemaProjector`), for sinks that keep one schema a table or file:
 * numbers are widened, fields that the target lacks are left out, those that the source lacks take their default.
 */
export function project(source: Schema, value: unknown, target: Schema): unknown {
  checkCompatible(source, target)
  if (source.optional && !target.optional && target.default === null)
    throw new SchemaProjectorException(
      'Writer schema is optional, however, target schema does not provide a default value.',
    )
  if (value === null) return target.optional || !source.optional ? null : target.default
  switch (target.type) {
    case 'struct':
      return projectStruct(source, value as Struct, target)
    case 'array':
      return (value as unknown[]).map((item) => projectPart(source, item, target, 'valueSchema'))
    case 'map':
      return new Map(
        Array.from(value as Map<unknown, unknown>, ([key, item]) => [
          projectPart(source, key, target, 'keySchema'),
          projectPart(source, item, target, 'valueSchema'),
        ]),
      )
    default:
      return widen(source.type, value, target.type)
  }
}

function projectPart(
  source: Schema,
  value: unknown,
  target: Schema,
  part: 'keySchema' | 'valueSchema',
): unknown {
  return project(source[part] as Schema, value, target[part] as Schema)
}

function checkCompatible(source: Schema, target: Schema): void {
  const from = promotable.indexOf(source.type)
  const isPromotable = from >= 0 && from <= promotable.indexOf(target.type)
  if (source.type !== target.type && !isPromotable)
    throw new SchemaProjectorException(
      `Schema type mismatch. source type: ${source.type.toUpperCase()} and target type: ${target.type.toUpperCase()}`,
    )
  if (source.name !== target.name)
    throw new SchemaProjectorException(
      `Schema name mismatch. source name: ${source.name} and target name: ${target.name}`,
    )
  if (!sameParameters(source.parameters, target.parameters))
    throw new SchemaProjectorException(
      `Schema parameters not equal. source parameters: ${javaText(null, source.parameters)} and target parameters: ${javaText(null, target.parameters)}`,
    )
}

function projectStruct(source: Schema, value: Struct, target: Schema): Struct {
  const result = new Struct(target)
  for (const { name, schema } of target.fields) {
    const from = source.field(name)
    if (from !== undefined) {
      try {
        result.put(name, project(from.schema, value.get(name), schema))
      } catch (cause) {
        if (!(cause instanceof SchemaProjectorException)) throw cause
        throw new SchemaProjectorException(`Error projecting ${name}`, { cause })
      }
    } else if (!schema.optional) {
      if (schema.default === null)
        throw new SchemaProjectorException(
          `Required field \`${name}\` is missing from source schema: ${source}`,
        )
      result.put(name, schema.default)
    }
  }
  return result
}

function widen(from: SchemaType, value: unknown, to: SchemaType): unknown {
  if (from === to) return value
  if (to === 'int64') return BigInt(value as number)
  if (to === 'float32') return toFloat32(new Decimal(BigInt(value as number | bigint), 0))
  return Number(value)
}
