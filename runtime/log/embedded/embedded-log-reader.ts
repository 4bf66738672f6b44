import type {
  Fetched,
  Log,
  Position,
  TopicDescription,
  TopicOffset,
  TopicPartition,
} from '../log.ts'
import { filesOf } from './database.ts'
import { Reader } from './reader.ts'

const DEFAULT_BYTES = 4 * 1024 * 1024

/** What can be done with a log without its writer. */
export type LogReader = Pick<
  Log,
  'kind' | 'clusterId' | 'describeTopic' | 'topics' | 'offsets' | 'read' | 'groupOffsets' | 'close'
>

/** Looks into an embedded log, from any thread or process, also while a worker writes it. */
export class EmbeddedLogReader implements LogReader {
  readonly kind = 'embedded'
  readonly clusterId: string
  protected readonly reader: Reader

  constructor(dataDir: string) {
    this.reader = new Reader(filesOf(dataDir).database)
    this.clusterId = this.reader.clusterId
  }

  async describeTopic(topic: string): Promise<TopicDescription | null> {
    return this.reader.topic(topic)
  }

  async topics(): Promise<readonly TopicDescription[]> {
    return this.reader.topics()
  }

  async offsets(topic: string) {
    return this.reader.allEnds(topic)
  }

  async read(
    place: TopicPartition,
    from: Position,
    limit: { records: number; bytes?: number },
  ): Promise<Fetched> {
    const { records, bytes = DEFAULT_BYTES } = limit
    return this.reader.readExactly(place, from, { records, bytes })
  }

  async groupOffsets(group: string): Promise<readonly TopicOffset[]> {
    return this.reader.groupOffsets(group)
  }

  async close(): Promise<void> {
    this.reader.close()
  }
}
