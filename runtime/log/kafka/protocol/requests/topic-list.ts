import type { WireReader } from '../wire-reader.ts'
import type { WireWriter } from '../wire-writer.ts'

/** What a request or an answer says of partitions, topic by topic. */
export interface OfTopic<P> {
  readonly topic: string
  readonly partitions: readonly P[]
}

export function writeTopics<P>(
  writer: WireWriter,
  topics: readonly OfTopic<P>[],
  write: (partition: P) => void,
): void {
  writer.array(topics, ({ topic, partitions }) => {
    writer.string(topic)
    writer.array(partitions, write)
  })
}

export function readTopics<P>(reader: WireReader, read: () => P): OfTopic<P>[] {
  return reader.array(() => ({ topic: reader.string(), partitions: reader.array(read) }))
}

/** The same in flexible versions; each item's own end is written here. */
export function writeCompactTopics<P>(
  writer: WireWriter,
  topics: readonly OfTopic<P>[],
  write: (partition: P) => void,
): void {
  writer.compactArray(topics, ({ topic, partitions }) => {
    writer.compactString(topic)
    writer.compactArray(partitions, (partition) => {
      write(partition)
      writer.tags()
    })
    writer.tags()
  })
}

export function readCompactTopics<P>(reader: WireReader, read: () => P): OfTopic<P>[] {
  return reader.compactArray(() => {
    const topic = reader.compactString()
    const partitions = reader.compactArray(() => {
      const partition = read()
      reader.tags()
      return partition
    })
    reader.tags()
    return { topic, partitions }
  })
}
