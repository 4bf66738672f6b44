import { randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import { BatchBuilder } from '../../runtime/log/batch/batch-builder.ts'
import type {
  Consumer,
  EncodedBatch,
  Fetched,
  Log,
  LogRecord,
  TopicPartition,
} from '../../runtime/log/log.ts'

/** What a log under test must be able to do. */
export interface LogRig {
  /** An open log; the rig closes it when `t` ends. Undefined when there is no server for it: `t` was told why. */
  open(t: Test): Promise<Log | undefined>
  /** Offsets that each call leaves behind its records in each partition it wrote to: 1 where a transaction ends with a marker. Default 0. */
  readonly gap?: number
}

export const uniqueName = (prefix: string) => `${prefix}-${randomBytes(4).toString('hex')}`

/** A batch of records `k<n>` → `v<n>`, with timestamp 1000 + n. */
export function batchOf(place: TopicPartition, from: number, count: number): EncodedBatch {
  const builder = new BatchBuilder(place)
  for (let n = from; n < from + count; n++) builder.append(`k${n}`, `v${n}`, 1000 + n)
  return builder.build()
}

export const valuesOf = (records: readonly LogRecord[]) =>
  records.map((record) => record.value?.toString() ?? null)

/** Polls all consumers in turn until `isDone`; returns what each got. Throws when it takes too long. */
export async function pollUntil(
  consumers: readonly Consumer[],
  isDone: (fetched: readonly (readonly Fetched[])[]) => boolean,
): Promise<Fetched[][]> {
  const fetched: Fetched[][] = consumers.map(() => [])
  for (const end = Date.now() + 30_000; !isDone(fetched); ) {
    if (Date.now() > end) throw new Error('the consumers did not get there in 30 s')
    for (const [i, consumer] of consumers.entries())
      fetched[i]?.push(...(await consumer.poll({ timeoutMs: 20 })))
  }
  return fetched
}

/** Polls on past what is behind the last record, until nothing is left; throws when something is, or comes. */
export async function drain(consumer: Consumer): Promise<void> {
  for (const end = Date.now() + 30_000; (await consumer.lag()) > 0; ) {
    if (Date.now() > end) throw new Error(`a lag of ${await consumer.lag()} is left after 30 s`)
    if (countOf(await consumer.poll({ timeoutMs: 20 })) > 0) throw new Error('more records came')
  }
}

export const countOf = (fetched: readonly Fetched[]) =>
  fetched.reduce((sum, { records }) => sum + records.length, 0)

/** Whether the members hold all of the topic's partitions, each exactly once, and nobody more than a fair share. */
export function isBalanced(members: readonly Consumer[], partitions: number): boolean {
  const held = members.flatMap((member) => member.assignment())
  const distinct = new Set(held.map(({ topic, partition }) => `${partition} ${topic}`))
  const fair = Math.ceil(partitions / members.length)
  return (
    held.length === partitions &&
    distinct.size === partitions &&
    members.every((member) => member.assignment().length <= fair)
  )
}
