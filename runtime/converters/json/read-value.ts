import {
  DataException,
  dateOfDays,
  type Schema,
  Struct,
  timeOfMs,
  validateValue,
} from '../../api/index.ts'
import { isObject, type JsonTree, kindOf, member } from './json-tree.ts'
import type { Fractions } from './plain-json.ts'
import {
  readBase64,
  readDecimal,
  readFloat32,
  readFloat64,
  readInt32,
  readInt64,
  readInteger,
  readTimestamp,
} from './read-scalar.ts'

/** JSON → the value of one schema, made once a schema. Undefined and null are a member that is missing or null. */
export type ValueReader = (tree: JsonTree | undefined) => unknown

export interface ReadOptions {
  readonly replaceNullWithDefault: boolean
}

/**
 * Reads as leniently as Connect: what is no number is 0, no boolean false, no text null. Only where Connect would silently wrap or cut a number
 * (300 as int8, 1.5 as int32) this is a DataException.
 */
export function compileReader(schema: Schema, options: ReadOptions): ValueReader {
  return new ReaderCompiler(options).reader(schema)
}

/** Which fractions a double may stand for, given who reads them: a Decimal wants the digits, a float32 is rounded once. */
export function fractionsFor(schema: Schema): Fractions {
  if (hasSome(schema, ({ logical }) => logical === 'decimal')) return 'none'
  return hasSome(schema, ({ type }) => type === 'float32') ? 'short' : 'any'
}

function hasSome(schema: Schema, is: (schema: Schema) => boolean): boolean {
  return (
    is(schema) ||
    schema.fields.some((field) => hasSome(field.schema, is)) ||
    (schema.keySchema !== null && hasSome(schema.keySchema, is)) ||
    (schema.valueSchema !== null && hasSome(schema.valueSchema, is))
  )
}

class ReaderCompiler {
  readonly #options: ReadOptions
  /** A lenient null, or a default struct, went into the value: a struct around it must check what it puts. */
  #isSuspect = false

  constructor(options: ReadOptions) {
    this.#options = options
  }

  reader(schema: Schema): ValueReader {
    const read = this.#top(schema)
    return (tree) => {
      this.#isSuspect = false
      return read(tree)
    }
  }

  #top(schema: Schema): ValueReader {
    const read = this.#present(schema)
    const nothing = this.#nothing(schema)
    return (tree) => (tree === null || tree === undefined ? nothing() : read(tree))
  }

  #nothing(schema: Schema): () => unknown {
    const { default: fallback, optional, type } = schema
    if (fallback !== null && this.#options.replaceNullWithDefault) {
      if (typeof fallback !== 'object') return () => fallback
      return () => {
        this.#isSuspect = true
        return fallback
      }
    }
    if (optional) return () => null
    return () => {
      throw new DataException(`Invalid null value for required ${type.toUpperCase()} field`)
    }
  }

  #present(schema: Schema): (tree: JsonTree) => unknown {
    switch (schema.logical) {
      case 'decimal':
        return (tree) => readDecimal(schema, tree)
      case 'date':
        return (tree) => dateOfDays(readInt32(tree, 'Date'))
      case 'time':
        return (tree) => timeOfMs(readInt32(tree, 'Time'))
      case 'timestamp':
        return readTimestamp
    }
    switch (schema.type) {
      case 'int8':
        return (tree) => readInteger(tree, -128, 127, 'INT8')
      case 'int16':
        return (tree) => readInteger(tree, -32768, 32767, 'INT16')
      case 'int32':
        return (tree) => readInteger(tree, -2147483648, 2147483647, 'INT32')
      case 'int64':
        return readInt64
      case 'float32':
        return readFloat32
      case 'float64':
        return readFloat64
      case 'boolean':
        return (tree) => tree === true
      case 'string':
        return (tree) => (typeof tree === 'string' ? tree : this.#lenientNull())
      case 'bytes':
        return (tree) => (typeof tree === 'string' ? readBase64(tree) : this.#lenientNull())
      case 'array':
        return this.#array(schema)
      case 'map':
        return schema.keySchema?.type === 'string' ? this.#object(schema) : this.#pairs(schema)
      default:
        return this.#struct(schema)
    }
  }

  #lenientNull(): null {
    this.#isSuspect = true
    return null
  }

  #array({ valueSchema }: Schema): (tree: JsonTree) => unknown {
    const item = this.#top(valueSchema as Schema)
    return (tree) => {
      if (Array.isArray(tree)) return tree.map(item)
      return isObject(tree) ? Object.values(tree).map(item) : []
    }
  }

  #object({ valueSchema }: Schema): (tree: JsonTree) => unknown {
    const item = this.#top(valueSchema as Schema)
    return (tree) => {
      if (!isObject(tree))
        throw new DataException(
          `Maps with string fields should be encoded as JSON objects, but found ${kindOf(tree)}`,
        )
      const map = new Map<string, unknown>()
      for (const [key, value] of Object.entries(tree)) map.set(key, item(value))
      return map
    }
  }

  #pairs({ keySchema, valueSchema }: Schema): (tree: JsonTree) => unknown {
    const readKey = this.#top(keySchema as Schema)
    const item = this.#top(valueSchema as Schema)
    return (tree) => {
      if (!Array.isArray(tree))
        throw new DataException(
          `Maps with non-string fields should be encoded as JSON array of tuples, but found ${kindOf(tree)}`,
        )
      const map = new Map<unknown, unknown>()
      for (const pair of tree as JsonTree[]) {
        if (!Array.isArray(pair))
          throw new DataException(`Found invalid map entry instead of array tuple: ${kindOf(pair)}`)
        if (pair.length !== 2)
          throw new DataException(
            `Found invalid map entry, expected length 2 but found :${pair.length}`,
          )
        map.set(readKey(pair[0]), item(pair[1]))
      }
      return map
    }
  }

  #struct(schema: Schema): (tree: JsonTree) => unknown {
    const fields = schema.fields.map((field) => ({
      ...field,
      read: this.#top(field.schema),
      // An object has these from its prototype.
      isInherited: field.name in Object.prototype,
    }))
    return (tree) => {
      if (!isObject(tree))
        throw new DataException(
          `Structs should be encoded as JSON objects, but found ${kindOf(tree)}`,
        )
      const values = new Array<unknown>(fields.length)
      for (let i = 0; i < values.length; i++) {
        const field = fields[i] as (typeof fields)[number]
        const value = field.read(field.isInherited ? member(tree, field.name) : tree[field.name])
        if (this.#isSuspect) validateValue(field.schema, value, `field: "${field.name}"`)
        values[i] = value
      }
      return new Struct(schema, values)
    }
  }
}
