import { BadRequestException, type OffsetMap } from '../api/index.ts'
import type { TopicPartition } from '../log/log.ts'
import type { SentOffset } from './herder.ts'

export type SinkOffset = TopicPartition & { readonly offset: number | null }

const topicKey = 'kafka_topic'
const partitionKey = 'kafka_partition'
const offsetKey = 'kafka_offset'

/** Offsets of a sink as a client sent them; numbers may be text. Of the same partition twice the last counts. */
export function sentSinkOffsets(sent: readonly SentOffset[]): SinkOffset[] {
  const offsets = sent.map(({ partition, offset }) => ({
    ...placeOf(partition),
    offset: offset === null || offset === undefined ? null : offsetOf(offset),
  }))
  const byPlace = offsets.map(
    (each) => [JSON.stringify([each.topic, each.partition]), each] as const,
  )
  return [...new Map(byPlace).values()]
}

function placeOf(partition: OffsetMap | null | undefined): TopicPartition {
  if (partition === null || partition === undefined) {
    throw new BadRequestException(
      'The partition for a sink connector offset cannot be null or missing',
    )
  }
  const { [topicKey]: topic, [partitionKey]: number } = partition
  if (topic === undefined || number === undefined) {
    throw new BadRequestException(
      `The partition for a sink connector offset must contain the keys '${topicKey}' and '${partitionKey}'`,
    )
  }
  if (topic === null) {
    throw new BadRequestException('Kafka topic names must be valid strings and may not be null')
  }
  if (number === null) {
    throw new BadRequestException('Kafka partitions must be valid numbers and may not be null')
  }
  return {
    topic: String(topic),
    partition: integerOf(number, 2 ** 31 - 1, {
      what: 'Kafka partition value',
      which: 'Partition values',
    }),
  }
}

function offsetOf(offset: OffsetMap): number {
  const number = offset[offsetKey]
  if (number === undefined) {
    throw new BadRequestException(
      `The offset for a sink connector should either be null or contain the key '${offsetKey}'`,
    )
  }
  return integerOf(number, Number.MAX_SAFE_INTEGER, {
    what: 'Kafka offset value',
    which: 'Offset values',
  })
}

function integerOf(
  value: unknown,
  most: number,
  { what, which }: { readonly what: string; readonly which: string },
): number {
  const text = String(value)
  const number = /^[+-]?\d{1,19}$/.test(text) ? Number(text) : Number.NaN
  if (number >= 0 && number <= most) return number
  throw new BadRequestException(
    `Failed to parse the following ${what} in the provided offsets: '${text}'. ${which} for sink connectors need to be integers.`,
    number < 0 ? { hint: 'It cannot be negative.' } : {},
  )
}
