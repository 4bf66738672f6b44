import t from 'tap'
import type { KafkaClient } from '../../../../runtime/log/kafka/kafka-client.ts'
import { KafkaClients } from '../../../../runtime/log/kafka/kafka-clients.ts'
import {
  TransactionalWriter,
  type TransactionParts,
} from '../../../../runtime/log/kafka/transaction.ts'
import { TransactionIdentity } from '../../../../runtime/log/kafka/transaction-identity.ts'
import { FakeCluster } from '../../../helpers/fake-cluster.ts'
import { batchOf, FakeBrokers } from './fake-brokers.ts'

t.test('a topic whose partitions were forgotten as too many is written in order', async (t) => {
  const brokers = new FakeBrokers()
  const producer = brokers.producer({ requestBytes: 1 << 26, bufferBytes: 1 << 26 }, 100)
  const topics = ['a', ...Array.from({ length: 200 }, (_, i) => `other${i}`)]
  const places = topics.flatMap((topic) =>
    Array.from({ length: 100 }, (_, partition) => ({ topic, partition })),
  )
  await producer.append(places.map((place) => batchOf(place, 0, 1)))
  const place = { topic: 'a', partition: 7 }
  t.same(await producer.append([batchOf(place, 1, 1), batchOf(place, 2, 1)]), [1, 2])
  t.same(await producer.append([batchOf(place, 3, 1)]), [3])
  t.same(brokers.logs.get('a/7'), ['v0', 'v1', 'v2', 'v3'])
})

t.test('looking whether all is visible ends no transaction that is being written', async (t) => {
  const steps: string[] = []
  const gate = Promise.withResolvers<void>()
  let ends = 0
  const coordinator = {
    init: async () => ({ producerId: 1n, producerEpoch: 0 }),
    addPartitions: async () => void steps.push('add'),
    end: async () => {
      if (++ends === 2) await gate.promise // the coordinator is busy with the last one
      steps.push('end')
    },
  }
  const producer = { check: async () => {}, append: async () => [0], restart() {} }
  const writer = new TransactionalWriter({
    transactionalId: 'x',
    coordinator,
    identity: new TransactionIdentity(),
    producer,
    members: {},
  } as unknown as TransactionParts)
  const place = { topic: 'a', partition: 0 }
  await writer.write({ append: [batchOf(place, 0, 1)] })
  const visible = writer.visible()
  const second = writer.write({ append: [batchOf(place, 1, 1)] })
  await new Promise(setImmediate)
  t.same(steps, ['add', 'end'], 'the next one has not begun')
  gate.resolve()
  await Promise.all([visible, second])
  t.same(steps, ['add', 'end', 'end', 'add', 'end'])
})

t.test('a consumer that is opened while the log closes does not outlive it', async (t) => {
  const fake = new FakeCluster()
  const gate = Promise.withResolvers<void>()
  const metadata = fake.metadata.bind(fake)
  fake.metadata = async () => {
    await gate.promise
    return metadata()
  }
  const clients = new KafkaClients({
    keys: { producer: {}, consumer: {}, admin: {} },
    clientId: 'unit',
    codec: 'own',
    transactionalId: null,
    readsUncommitted: false,
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    connect: async () => ({
      client: { cluster: fake.asKafka } as KafkaClient,
      close: async () => {},
    }),
    connectAdmin: async () => {
      throw new Error('not needed')
    },
  })
  const opening = clients.consumer({ topics: ['t'], start: 0 })
  const rejected = t.rejects(opening, { code: 'CONNECT_RETRIABLE', message: /closed/ })
  await new Promise(setImmediate)
  await clients.close()
  gate.resolve()
  await rejected
})
