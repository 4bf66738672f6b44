import { createRequire } from 'node:module'
import t from 'tap'
import { BatchBuilder } from '../../../../runtime/log/batch/batch-builder.ts'
import type { KafkaRequest } from '../../../../runtime/log/kafka/protocol/request.ts'
import { fetchRequest } from '../../../../runtime/log/kafka/protocol/requests/fetch.ts'
import { offsetCommitRequest } from '../../../../runtime/log/kafka/protocol/requests/offset-commit.ts'
import { produceRequest } from '../../../../runtime/log/kafka/protocol/requests/produce.ts'
import { WireReader } from '../../../../runtime/log/kafka/protocol/wire-reader.ts'
import { WireWriter } from '../../../../runtime/log/kafka/protocol/wire-writer.ts'
import { cases, vectors } from './protocol-cases.ts'

interface StockRequest {
  encode(): Promise<{ readonly buffer: Buffer }>
}
const require = createRequire(import.meta.url)
const stockRequest = (path: string, asked: unknown): StockRequest =>
  require(`kafkajs/src/protocol/requests/${path}/request.js`)(asked)
const stockAnswer = (path: string, hex: string): Promise<Record<string, unknown>> =>
  require(`kafkajs/src/protocol/requests/${path}/response.js`).decode(Buffer.from(hex, 'hex'))

async function written(request: KafkaRequest<unknown>): Promise<string> {
  const writer = new WireWriter()
  await request.encode(writer)
  return Buffer.concat(writer.chunks()).toString('hex')
}

async function stockWritten(request: StockRequest): Promise<string> {
  return (await request.encode()).buffer.toString('hex')
}

const place = { topic: 'orders', partitions: [{ partition: 0, offset: '42', metadata: '' }] }
const txn = { transactionalId: 'tx', producerId: String(2n ** 62n), producerEpoch: 3 }
const member = { groupId: 'connect-a', groupGenerationId: 5, memberId: 'm-1' }

/** kafkajs's newest version of each request whose body is the same in ours, asked for what the vectors ask for. */
const same: readonly (readonly [api: string, path: string, asked: unknown])[] = [
  ['FindCoordinator', 'findCoordinator/v2', { coordinatorKey: 'tx', coordinatorType: 1 }],
  [
    'JoinGroup',
    'joinGroup/v5',
    {
      groupId: 'connect-a',
      sessionTimeout: 45_000,
      rebalanceTimeout: 60_000,
      memberId: '',
      groupInstanceId: 'static-1',
      protocolType: 'consumer',
      groupProtocols: [{ name: 'range', metadata: Buffer.from('meta') }],
    },
  ],
  ['Heartbeat', 'heartbeat/v3', { ...member, groupInstanceId: null }],
  ['LeaveGroup', 'leaveGroup/v3', { groupId: 'connect-a', members: [{ memberId: 'm-1' }] }],
  [
    'SyncGroup',
    'syncGroup/v3',
    {
      groupId: 'connect-a',
      generationId: 5,
      memberId: 'm-1',
      groupAssignment: [{ memberId: 'm-1', memberAssignment: Buffer.from('parts') }],
    },
  ],
  [
    'CreateTopics',
    'createTopics/v3',
    {
      topics: [
        {
          topic: 'orders',
          configEntries: [
            { name: 'cleanup.policy', value: 'compact' },
            { name: 'retention.ms', value: '-1' },
          ],
        },
      ],
      timeout: 30_000,
      validateOnly: true,
    },
  ],
  ['DeleteTopics', 'deleteTopics/v1', { topics: ['orders'], timeout: 1000 }],
  [
    'DeleteRecords',
    'deleteRecords/v1',
    {
      topics: [{ topic: 'orders', partitions: [{ partition: 0, offset: '-1' }] }],
      timeout: 1000,
    },
  ],
  [
    'AddPartitionsToTxn',
    'addPartitionsToTxn/v1',
    { ...txn, topics: [{ topic: 'orders', partitions: [0, 2] }] },
  ],
  ['AddOffsetsToTxn', 'addOffsetsToTxn/v1', { ...txn, groupId: 'connect-a' }],
  ['EndTxn', 'endTxn/v1', { ...txn, transactionResult: false }],
  ['DeleteGroups', 'deleteGroups/v1', ['connect-a']],
]

t.test('requests are those that kafkajs writes, where it has the same version', async (t) => {
  for (const [api, path, asked] of same) {
    const at = vectors.findIndex((vector) => vector.api === api)
    const stock = await stockWritten(stockRequest(path, asked))
    t.equal(await written(cases[at]![0]), stock, api)
  }
})

t.test('OffsetCommit carries what kafkajs leaves out, and nothing else is different', async (t) => {
  const stock = await stockWritten(stockRequest('offsetCommit/v5', { ...member, topics: [place] }))
  const ours = await written(
    offsetCommitRequest({
      group: 'connect-a',
      generation: 5,
      memberId: 'm-1',
      topics: [{ topic: 'orders', partitions: [{ partition: 0, offset: 42 }] }],
    }),
  )
  const noInstance = 'ffff'
  const noEpoch = 'ffffffff'
  const memberEnd = stock.indexOf('6d2d31') + 6
  const offsetEnd = stock.length - 4
  t.equal(
    ours,
    stock.slice(0, memberEnd) +
      noInstance +
      stock.slice(memberEnd, offsetEnd) +
      noEpoch +
      stock.slice(offsetEnd),
  )
})

t.test("a Produce request holds kafkajs's own batches where kafkajs puts them", async (t) => {
  const messages = [0, 1, 2].map((at) => ({
    key: Buffer.from(`k${at}`),
    value: at === 1 ? null : Buffer.from('v'.repeat(at * 700)),
    timestamp: String(1_700_000_000_000 + at),
    headers: { trace: 'ä' },
  }))
  const topicData = [
    { topic: 'orders', partitions: [3, 4].map((partition) => ({ partition, messages })) },
    { topic: 'ünï', partitions: [{ partition: 0, messages }] },
  ]
  const asked = { acks: -1 as const, transactionalId: null, timeout: 30_000 }
  const stock = Buffer.from(
    await stockWritten(stockRequest('produce/v7', { ...asked, topicData })),
    'hex',
  )
  const reader = new WireReader(stock)
  const read = {
    transactionalId: reader.nullableString(),
    acks: reader.int16() as -1,
    timeoutMs: reader.int32(),
    topics: reader.array(() => ({
      topic: reader.string(),
      partitions: reader.array(() => ({ partition: reader.int32(), batch: reader.bytes() })),
    })),
  }
  t.equal(reader.remaining, 0)
  t.equal(await written(produceRequest(read)), stock.toString('hex'))
  t.strictSame(
    read.topics.map(({ topic, partitions }) => [topic, partitions.map((each) => each.partition)]),
    [
      ['orders', [3, 4]],
      ['ünï', [0]],
    ],
  )
})

t.test('a Fetch request is the one of kafkajs, without its session', async (t) => {
  const stock = stockRequest('fetch/v11', {
    replicaId: -1,
    maxWaitTime: 500,
    minBytes: 1,
    maxBytes: 2 ** 26,
    rackId: 'r',
    isolationLevel: 0,
    topics: [
      {
        topic: 'orders',
        partitions: [{ partition: 3, fetchOffset: String(2 ** 40), maxBytes: 2 ** 20 }],
      },
    ],
  })
  const ours = fetchRequest({
    isolation: 'read_uncommitted',
    maxWaitMs: 500,
    minBytes: 1,
    maxBytes: 2 ** 26,
    rack: 'r',
    topics: [
      {
        topic: 'orders',
        partitions: [{ partition: 3, offset: 2 ** 40, leaderEpoch: -1, maxBytes: 2 ** 20 }],
      },
    ],
  })
  t.equal(await written(ours), await stockWritten(stock))
})

t.test('answers say to kafkajs what they say here', async (t) => {
  const produced = await stockAnswer('produce/v7', hexOf('Produce'))
  t.match(produced, {
    topics: [
      {
        topicName: 'orders',
        partitions: [
          { partition: 0, errorCode: 0, baseOffset: '9007199254740991', logStartOffset: '5' },
        ],
      },
    ],
    clientSideThrottleTime: 17,
  })
  const synced = await stockAnswer('syncGroup/v3', hexOf('SyncGroup'))
  t.match(synced, { memberAssignment: Buffer.from('mine') })
  const joined = await stockAnswer('joinGroup/v5', hexOf('JoinGroup'))
  t.match(joined, { generationId: 6, groupProtocol: 'range', leaderId: 'm-1', memberId: 'm-1' })
})

t.test('a fetched record set is a view, and kafkajs finds the same records in it', async (t) => {
  const builder = new BatchBuilder({ topic: 'orders', partition: 3 })
  builder.append('key', 'value', 1_700_000_000_123, [{ key: 'h', value: 'x' }])
  const batch = Buffer.from(builder.build().bytes)
  const writer = new WireWriter()
  const partition = () => {
    writer.int32(3)
    writer.int16(0)
    for (const offset of [1, 1, 0]) writer.int64(offset)
    writer.int32(-1)
    writer.int32(-1)
    writer.bytes(batch)
  }
  writer.int32(0)
  writer.int16(0)
  writer.int32(0)
  writer.array(['orders'], (topic) => {
    writer.string(topic)
    writer.array([3], partition)
  })
  const answer = Buffer.concat(writer.chunks())
  const asked = { maxWaitMs: 0, minBytes: 0, maxBytes: 0, rack: '', topics: [] }
  const ours = await fetchRequest({ ...asked, isolation: 'read_committed' }).decode(
    new WireReader(answer),
  )
  const { recordSet } = ours.topics[0]!.partitions[0]!
  t.ok(recordSet.equals(batch))
  t.equal(recordSet.buffer, answer.buffer, 'no copy')
  const stock = await stockAnswer('fetch/v11', answer.toString('hex'))
  t.match(stock, {
    responses: [
      {
        topicName: 'orders',
        partitions: [
          {
            partition: 3,
            highWatermark: '1',
            messages: [{ key: Buffer.from('key'), value: Buffer.from('value'), offset: '0' }],
          },
        ],
      },
    ],
  })
})

function hexOf(api: string): string {
  return vectors.find((vector) => vector.api === api)!.responseHex
}
