import {
  DataException,
  INT32,
  INT64,
  Instant,
  type RecordContext,
  type Schema,
  STRING,
  TIMESTAMP,
  TypedNumber,
} from '../../runtime/api/index.ts'

/** One field that InsertField adds. */
export interface Insertion {
  readonly name: string
  readonly schema: Schema
  /** Its value under the schema and without one; undefined where this record has none. */
  typed(record: RecordContext): unknown
  plain(record: RecordContext): unknown
}

export type Origin = 'topic' | 'partition' | 'offset' | 'timestamp' | 'static'

/** `spec` is the name with its optional last `!` (required) or `?`. */
export function insertionOf(origin: Origin, spec: string, text: string | null): Insertion {
  const name = /[!?]$/.test(spec) ? spec.slice(0, -1) : spec
  const found = origins[origin](text)
  return { ...found, name, schema: found.schema.with({ optional: !spec.endsWith('!') }) }
}

const same = (schema: Schema, read: (record: RecordContext) => unknown) => ({
  schema,
  typed: read,
  plain: read,
})

const origins: Readonly<
  Record<Origin, (text: string | null) => Pick<Insertion, 'schema' | 'typed' | 'plain'>>
> = {
  topic: () => same(STRING, ({ topic }) => topic),
  partition: () => ({
    schema: INT32,
    typed: ({ partition }) => partition ?? undefined,
    plain: ({ partition }) =>
      partition === null ? undefined : new TypedNumber('int32', partition),
  }),
  offset: () => ({ schema: INT64, typed: (record) => BigInt(offsetOf(record)), plain: offsetOf }),
  timestamp: () => ({
    schema: TIMESTAMP,
    typed: ({ timestamp }) => (timestamp === null ? undefined : new Instant(timestamp)),
    plain: ({ timestamp }) => timestamp ?? undefined,
  }),
  static: (text) => same(STRING, () => text),
}

function offsetOf({ offset }: RecordContext): number {
  if (offset !== null) return offset
  throw new DataException('Only SinkRecord supported for [field insertion], found: SourceRecord', {
    hint: 'Leave out offset.field: a record that a source makes has no offset yet.',
  })
}
