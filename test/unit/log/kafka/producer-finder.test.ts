import t from 'tap'
import { BatchBuilder } from '../../../../runtime/log/batch/batch-builder.ts'
import { asBuffer } from '../../../../runtime/log/batch/batch-decoder.ts'
import { writeInt64 } from '../../../../runtime/log/batch/layout.ts'
import type { KafkaCluster } from '../../../../runtime/log/kafka/cluster.ts'
import { ProducerFinder } from '../../../../runtime/log/kafka/producer-finder.ts'
import type { KafkaRequest } from '../../../../runtime/log/kafka/protocol/request.ts'
import { WireReader } from '../../../../runtime/log/kafka/protocol/wire-reader.ts'
import { WireWriter } from '../../../../runtime/log/kafka/protocol/wire-writer.ts'
import { stampBatch } from '../../../../runtime/log/kafka/records/stamp.ts'

const place = { topic: 'a', partition: 0 }
const identity = { producerId: 7n, producerEpoch: 0 }

/** Batches of one record, from that offset on; the sequence number is the offset. */
function logFrom(first: number, count: number): Buffer[] {
  return Array.from({ length: count }, (_, i) => {
    const builder = new BatchBuilder(place)
    builder.append(null, `v${first + i}`, 0)
    const bytes = asBuffer(builder.build().bytes)
    stampBatch(bytes, { ...identity, baseSequence: first + i, isTransactional: false })
    writeInt64(bytes, first + i, 0)
    return bytes
  })
}

/** FAKE: a leader that holds this much of a partition. */
function holding(first: number, batches: readonly Buffer[]): KafkaCluster {
  const send = async (_node: number, request: KafkaRequest<unknown>) => {
    const one = (partition: object) => ({
      errorCode: 0,
      topics: [{ topic: 'a', partitions: [partition] }],
    })
    if (request.apiName === 'ListOffsets') return one({ partition: 0, errorCode: 0, offset: first })
    const writer = new WireWriter()
    await request.encode(writer)
    const asked = new WireReader(Buffer.concat(writer.chunks()))
    asked.bytesView(4 + 4 + 4 + 4 + 1 + 4 + 4 + 4) // up to the topics
    asked.string()
    asked.bytesView(4 + 4 + 4)
    const offset = asked.int64()
    const isHeld = offset >= first && offset <= first + batches.length
    const recordSet = Buffer.concat(isHeld ? batches.slice(offset - first) : [])
    return one({ partition: 0, errorCode: isHeld ? 0 : 1, recordSet })
  }
  return { send } as unknown as KafkaCluster
}

t.test('a batch is found where it lies', async (t) => {
  const finder = new ProducerFinder(holding(0, logFrom(0, 10)))
  t.equal(await finder.find(place, 1, { identity, baseSequence: 7 }, 5), 7)
  t.equal(await finder.find(place, 1, { identity, baseSequence: 3 }, 5), undefined, 'before it')
  t.equal(await finder.find(place, 1, { identity, baseSequence: 11 }, 5), undefined)
})

t.test('what retention took meanwhile is no error', async (t) => {
  const finder = new ProducerFinder(holding(8, logFrom(8, 4)))
  t.equal(await finder.find(place, 1, { identity, baseSequence: 9 }, 5), 9)
  t.equal(await finder.find(place, 1, { identity, baseSequence: 6 }, 5), undefined)
})

t.test('nor is a log that is shorter than it was', async (t) => {
  const finder = new ProducerFinder(holding(0, logFrom(0, 2)))
  t.equal(await finder.find(place, 1, { identity, baseSequence: 1 }, 5), 1)
  t.equal(await finder.find(place, 1, { identity, baseSequence: 6 }, 5), undefined)
})
