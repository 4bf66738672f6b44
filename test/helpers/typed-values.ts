import {
  type ConnectRecord,
  Decimal,
  Instant,
  isPlainObject,
  type NumberType,
  Schema,
  type SchemaType,
  type SinkRecord,
  Struct,
  type TimestampType,
  TypedNumber,
} from '../../runtime/api/index.ts'

/** The vectors' own notation (`TypedValue`, `TypedSchema`, `TypedRecord`) ↔ our schemas, values and records. */

export type TypedValue = null | {
  readonly t: string
  readonly v?: unknown
  readonly unscaled?: string
  readonly scale?: number
  readonly schema?: TypedSchema
}

export interface TypedSchema {
  readonly type: SchemaType
  readonly optional?: boolean
  readonly name?: string
  readonly version?: number
  readonly doc?: string
  readonly parameters?: readonly (readonly [string, string])[]
  readonly default?: TypedValue
  readonly fields?: readonly { readonly name: string; readonly schema: TypedSchema }[]
  readonly keySchema?: TypedSchema | null
  readonly valueSchema?: TypedSchema | null
}

export interface TypedRecord {
  readonly kind?: 'sink'
  readonly topic: string
  readonly partition?: number
  readonly keySchema?: TypedSchema
  readonly key?: TypedValue
  readonly valueSchema?: TypedSchema
  readonly value?: TypedValue
  readonly timestamp?: string
  readonly headers?: readonly {
    readonly key: string
    readonly schema?: TypedSchema | null
    readonly value?: TypedValue
  }[]
  readonly offset?: string
  readonly timestampType?: string
  readonly originalTopic?: string
  readonly originalPartition?: number
}

export function toSchema(typed: TypedSchema | null | undefined): Schema | null {
  if (!typed) return null
  const bare = new Schema({
    type: typed.type,
    optional: typed.optional ?? false,
    name: typed.name ?? null,
    version: typed.version ?? null,
    doc: typed.doc ?? null,
    parameters: typed.parameters ? new Map(typed.parameters) : null,
    fields: (typed.fields ?? []).map(({ name, schema }) => ({
      name,
      schema: toSchema(schema) as Schema,
    })),
    keySchema: toSchema(typed.keySchema),
    valueSchema: toSchema(typed.valueSchema),
  })
  return typed.default == null ? bare : bare.with({ default: toValue(bare, typed.default) })
}

/**
 * A value in the shape that `runtime/api/values.ts` gives it under that schema. A number of another type than the schema's (a case that must be
 * refused) comes as a `TypedNumber`, or as a bigint when it is an int64.
 */
export function toValue(schema: Schema | null, typed: TypedValue | undefined): unknown {
  if (typed == null) return null
  switch (typed.t) {
    case 'boolean':
      return typed.v
    case 'string':
      return typed.v
    case 'int64':
      return toInt64(schema, BigInt(typed.v as string))
    case 'int8':
    case 'int16':
    case 'int32':
    case 'float32':
    case 'float64':
      return toNumber(schema, typed.t, Number(typed.v))
    case 'bytes':
      return Buffer.from(typed.v as string, 'base64')
    case 'decimal':
      return new Decimal(BigInt(typed.unscaled as string), typed.scale as number)
    case 'date':
      return new Instant(BigInt(typed.v as string))
    case 'list':
      return (typed.v as TypedValue[]).map((item) => toValue(schema?.valueSchema ?? null, item))
    case 'map':
      return toMap(schema, typed.v as [TypedValue, TypedValue][])
    case 'struct':
      return toStruct(toSchema(typed.schema) ?? schema, typed.v as [string, TypedValue][])
    default:
      throw new Error(`unknown type word ${typed.t}`)
  }
}

function toInt64(schema: Schema | null, value: bigint): number | bigint {
  const isPlain = schema === null && Number.isSafeInteger(Number(value))
  return isPlain ? Number(value) : value
}

function toNumber(schema: Schema | null, type: NumberType, value: number): number | TypedNumber {
  const isPlain =
    schema === null ? type === 'float64' && !Number.isInteger(value) : schema.type === type
  return isPlain ? value : new TypedNumber(type, value)
}

function toMap(schema: Schema | null, pairs: readonly [TypedValue, TypedValue][]): unknown {
  const isMap = schema?.type === 'map'
  const entries = pairs.map(
    ([key, value]) =>
      [
        toValue(isMap ? schema.keySchema : null, key),
        toValue(isMap ? schema.valueSchema : null, value),
      ] as const,
  )
  return isMap || entries.some(([key]) => typeof key !== 'string')
    ? new Map(entries)
    : Object.fromEntries(entries)
}

function toStruct(schema: Schema | null, members: readonly [string, TypedValue][]): Struct {
  if (schema === null) throw new Error('a struct without a schema')
  return new Struct(
    schema,
    members.map(([name, value]) => toValue(schema.field(name)?.schema ?? null, value)),
  )
}

/** A source record unless the vector says sink. */
export function toRecord(typed: TypedRecord): ConnectRecord | SinkRecord {
  const keySchema = toSchema(typed.keySchema)
  const valueSchema = toSchema(typed.valueSchema)
  const record: ConnectRecord = {
    topic: typed.topic,
    partition: typed.partition ?? null,
    keySchema,
    key: toValue(keySchema, typed.key),
    valueSchema,
    value: toValue(valueSchema, typed.value),
    timestamp: typed.timestamp === undefined ? null : Number(typed.timestamp),
    headers: (typed.headers ?? []).map((header) => {
      const schema = toSchema(header.schema)
      return { key: header.key, schema, value: toValue(schema, header.value) }
    }),
    offset: null,
  }
  if (typed.kind !== 'sink') return record
  const partition = typed.partition ?? 0
  const offset = Number(typed.offset ?? 0)
  return {
    ...record,
    partition,
    offset,
    timestampType: timestampTypes[typed.timestampType ?? ''] ?? 'NoTimestampType',
    originalTopic: typed.originalTopic ?? typed.topic,
    originalPartition: typed.originalPartition ?? partition,
    originalOffset: offset,
  }
}

const timestampTypes: Record<string, TimestampType> = {
  NO_TIMESTAMP_TYPE: 'NoTimestampType',
  CREATE_TIME: 'CreateTime',
  LOG_APPEND_TIME: 'LogAppendTime',
}

/** Bytes as the converter files write them. */
export function toBytes(typed: { text?: string; base64?: string } | null): Buffer | null {
  if (typed === null) return null
  return typed.text === undefined
    ? Buffer.from(typed.base64 as string, 'base64')
    : Buffer.from(typed.text)
}

export function fromSchema(schema: Schema | null): unknown {
  if (schema === null) return null
  const { parameters, default: fallback } = schema
  return withoutAbsent({
    type: schema.type,
    optional: schema.optional || undefined,
    name: schema.name,
    version: schema.version,
    doc: schema.doc,
    parameters: parameters === null ? null : [...parameters],
    default: fromValue(fallback instanceof Struct ? fallback.schema : schema, fallback),
    fields: schema.fields.length === 0 ? null : schema.fields.map(fromField),
    keySchema: fromSchema(schema.keySchema),
    valueSchema: fromSchema(schema.valueSchema),
  })
}

function fromField({ name, schema }: { name: string; schema: Schema }): unknown {
  return { name, schema: fromSchema(schema) }
}

export function fromValue(schema: Schema | null, value: unknown): unknown {
  if (value === null) return null
  switch (typeof value) {
    case 'boolean':
    case 'string':
      return { t: typeof value, v: value }
    case 'bigint':
      return { t: 'int64', v: String(value) }
    case 'number':
      return fromNumber(schema, value)
    case 'object':
      return fromObject(schema, value)
    default:
      return { t: typeof value }
  }
}

const small = ['int8', 'int16', 'int32', 'float32', 'float64']

function fromNumber(schema: Schema | null, value: number): unknown {
  if (schema && small.includes(schema.type)) return { t: schema.type, v: numberText(value) }
  if (schema) return { t: `number, which ${schema} does not allow`, v: numberText(value) }
  const isInt64 = Number.isSafeInteger(value) && !Object.is(value, -0)
  if (!isInt64 && Number.isInteger(value)) return { t: 'whole float without its type', v: value }
  return { t: isInt64 ? 'int64' : 'float64', v: numberText(value) }
}

function fromObject(schema: Schema | null, value: object): unknown {
  const items = schema?.valueSchema ?? null
  if (value instanceof TypedNumber)
    return schema && schema.type === value.type
      ? { t: `TypedNumber under ${schema}` }
      : { t: value.type, v: numberText(value.value) }
  if (value instanceof Uint8Array) return { t: 'bytes', v: Buffer.from(value).toString('base64') }
  if (value instanceof Decimal)
    return { t: 'decimal', unscaled: String(value.unscaled), scale: value.scale }
  if (value instanceof Instant) return { t: 'date', v: String(value.exact()) }
  if (value instanceof Struct) return fromStruct(schema, value)
  if (Array.isArray(value)) return { t: 'list', v: value.map((item) => fromValue(items, item)) }
  if (value instanceof Map)
    return mapOf(
      Array.from(value, ([key, item]) => [
        fromValue(schema?.keySchema ?? null, key),
        fromValue(items, item),
      ]),
    )
  if (isPlainObject(value) && schema?.type !== 'map')
    return mapOf(
      Object.entries(value).map(([key, item]) => [fromValue(null, key), fromValue(null, item)]),
    )
  return { t: value.constructor?.name ?? 'object' }
}

function fromStruct(schema: Schema | null, struct: Struct): unknown {
  const members = struct.schema.fields.map(({ name, schema: fieldSchema, index }) => [
    name,
    fromValue(fieldSchema, struct.values[index]),
  ])
  return struct.schema.equals(schema)
    ? { t: 'struct', v: members }
    : { t: 'struct', v: members, schema: fromSchema(struct.schema) }
}

/** A map is a set of pairs. */
function mapOf(pairs: unknown[][]): unknown {
  const order = (pair: unknown) => JSON.stringify(pair)
  return { t: 'map', v: pairs.sort((a, b) => (order(a) < order(b) ? -1 : 1)) }
}

function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}

function withoutAbsent(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== null && value !== undefined),
  )
}

export function fromRecord(record: ConnectRecord): unknown {
  const sink = 'originalTopic' in record ? (record as SinkRecord) : undefined
  return withoutAbsent({
    kind: sink && 'sink',
    topic: record.topic,
    partition: record.partition,
    keySchema: fromSchema(record.keySchema),
    key: fromValue(record.keySchema, record.key),
    valueSchema: fromSchema(record.valueSchema),
    value: fromValue(record.valueSchema, record.value),
    timestamp: record.timestamp === null ? null : String(record.timestamp),
    headers: record.headers.length === 0 ? null : record.headers.map(fromHeader),
    offset: sink && String(sink.offset),
    timestampType: sink?.timestampType,
    originalTopic: sink?.originalTopic,
    originalPartition: sink?.originalPartition,
  })
}

function fromHeader({ key, schema, value }: ConnectRecord['headers'][number]): unknown {
  return withoutAbsent({ key, schema: fromSchema(schema), value: fromValue(schema, value) })
}
