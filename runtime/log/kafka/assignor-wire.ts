import { RetriableException } from '../../api/errors.ts'
import type { TopicPartition } from '../log.ts'
import { WireReader } from './protocol/wire-reader.ts'
import { WireWriter } from './protocol/wire-writer.ts'

/** What members of the protocol type `consumer` tell each other through the coordinator, which does not look inside. */
export const PROTOCOL_TYPE = 'consumer'
export const RANGE = 'range'

/** Version 1 has the partitions owned, which are none here: an eager member gives up all before it joins. */
const SUBSCRIPTION_VERSION = 1
const ASSIGNMENT_VERSION = 1

export function encodeSubscription(topics: readonly string[]): Buffer {
  const writer = new WireWriter()
  writer.int16(SUBSCRIPTION_VERSION)
  writer.array(topics.toSorted(), (topic) => writer.string(topic))
  writer.nullableBytes(null)
  writer.int32(0)
  return Buffer.concat(writer.chunks())
}

/** The topics that a member wants; what later versions say behind them is not needed here. */
export function decodeSubscription(bytes: Buffer): string[] {
  return decoded('subscription', bytes, (reader) => reader.array(() => reader.string()))
}

export function encodeAssignment(partitions: readonly TopicPartition[]): Buffer {
  const writer = new WireWriter()
  writer.int16(ASSIGNMENT_VERSION)
  writer.array([...Map.groupBy(partitions, ({ topic }) => topic)], ([topic, places]) => {
    writer.string(topic)
    writer.array(places, ({ partition }) => writer.int32(partition))
  })
  writer.nullableBytes(null)
  return Buffer.concat(writer.chunks())
}

/** No bytes at all: the leader gave this member nothing. */
export function decodeAssignment(bytes: Buffer): TopicPartition[] {
  if (bytes.length === 0) return []
  const topics = decoded('assignment', bytes, (reader) =>
    reader.array(() => ({
      topic: reader.string(),
      partitions: reader.array(() => reader.int32()),
    })),
  )
  return topics.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  )
}

function decoded<T>(what: string, bytes: Buffer, read: (reader: WireReader) => T): T {
  const reader = new WireReader(bytes)
  try {
    const version = reader.int16()
    if (version < 0) throw new RangeError(`it has version ${version}`)
    return read(reader)
  } catch (cause) {
    throw new RetriableException(
      `The ${what} of a member of the group cannot be read: ${(cause as Error).message}`,
      { hint: 'Another program may use this group in a way of its own.', cause },
    )
  }
}
