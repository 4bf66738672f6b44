import { DataException, type OffsetMap } from '../api/index.ts'
import type { EncodedBatch } from '../log/log.ts'
import { isObject, readJson, writeJson } from './json-text.ts'
import { type KeyedEntry, keyedBatches } from './keyed-batches.ts'

/** Where a source partition of a connector goes on; null: forgotten. */
export interface SourceOffset {
  readonly partition: OffsetMap
  readonly offset: OffsetMap | null
}

/** The records that keep these offsets in the offset topic, ready to be appended together with what was read up to them. */
export function offsetBatches(
  topic: string,
  partitions: number,
  connector: string,
  entries: readonly SourceOffset[],
  timestamp: number,
): EncodedBatch[] {
  return keyedBatches(
    topic,
    partitions,
    entries.map((entry) => offsetEntry(connector, entry)),
    timestamp,
  )
}

/** Throws a DataException for what a topic of offsets cannot hold. */
export function offsetEntry(connector: string, { partition, offset }: SourceOffset): KeyedEntry {
  return {
    key: offsetKey(connector, partition),
    value: offset === null ? null : writeJson(primitives(offset)),
  }
}

/** `["NAME",{…}]`. Its bytes are what the topic is compacted by: the map's own order is kept. */
export function offsetKey(connector: string, partition: OffsetMap): string {
  return offsetKeyText(connector, primitives(partition))
}

/** The same of what was read, whatever it holds. */
export function offsetKeyText(connector: string, partition: OffsetMap): string {
  return writeJson([connector, partition])
}

/** Null for a key that is not ours to read. */
export function parseOffsetKey(
  key: string,
): { readonly connector: string; readonly partition: OffsetMap } | null {
  const parsed = readJson(key)
  if (!Array.isArray(parsed) || parsed.length !== 2) return null
  const [connector, partition] = parsed as [unknown, unknown]
  return typeof connector === 'string' && isObject(partition)
    ? { connector, partition: partition as OffsetMap }
    : null
}

/** Null for a value that is no object. */
export function parseOffset(value: string): OffsetMap | null {
  const parsed = readJson(value)
  return isObject(parsed) ? (parsed as OffsetMap) : null
}

function primitives(map: OffsetMap): OffsetMap {
  for (const field of Object.keys(map)) {
    const value: unknown = map[field]
    if (value === null || ['string', 'bigint', 'boolean'].includes(typeof value)) continue
    if (Number.isFinite(value)) continue
    const found = typeof value === 'number' ? String(value) : typeName(value)
    throw new DataException(
      `Offsets may only contain primitive types as values, but field ${field} contains ${found}`,
    )
  }
  return map
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return 'ARRAY'
  return typeof value === 'object' ? 'MAP' : typeof value
}
