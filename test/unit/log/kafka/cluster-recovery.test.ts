import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { TopicAdmin } from '../../../../runtime/log/kafka/admin-topics.ts'
import { KafkaCluster } from '../../../../runtime/log/kafka/cluster.ts'
import { openKafkaConsumer } from '../../../../runtime/log/kafka/consumer.ts'
import { metadataRequest } from '../../../../runtime/log/kafka/protocol/requests/metadata.ts'
import { connectionSettings } from '../../../../runtime/log/kafka/settings/connection-settings.ts'
import { consumerSettings } from '../../../../runtime/log/kafka/settings/consumer-settings.ts'
import { FakeBroker } from '../../../helpers/fake-broker.ts'

const METADATA = 3
const logger = { debug() {}, info() {}, warn() {}, error() {} }

async function open(t: Test, broker: FakeBroker, more = {}): Promise<KafkaCluster> {
  const { settings } = connectionSettings({
    'bootstrap.servers': `127.0.0.1:${broker.port}`,
    ...more,
  })
  const cluster = await KafkaCluster.open(settings, { logger, clientId: 'unit' })
  t.teardown(() => cluster.close())
  return cluster
}

const metadataAsked = ({ asked }: FakeBroker) =>
  asked.filter(({ apiKey }) => apiKey === METADATA).length

async function until(isDone: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !isDone(); await sleep(20))
    if (Date.now() > end) throw new Error('not in 20 s')
}

t.test('a consumer asks the brokers in turn, not a frozen one for ever', async (t) => {
  for (const frozenAt of [0, 1]) {
    const brokers = [await FakeBroker.start(t), await FakeBroker.start(t)]
    for (const broker of brokers) broker.brokers = brokers.map(({ port }) => port)
    const [frozen, good] = [brokers[frozenAt], brokers[1 - frozenAt]] as [FakeBroker, FakeBroker]
    const cluster = await open(t, frozen)
    frozen.isFrozen = true
    const { settings } = consumerSettings({})
    const consumer = await openKafkaConsumer(
      { cluster, settings, clientId: 'unit', logger, watchdogMs: 300 },
      { group: 'g', topics: ['missing'] },
    )
    t.teardown(() => consumer.close())
    await consumer.poll({ timeoutMs: 0 })
    await until(() => metadataAsked(good) > 0)
    t.equal(metadataAsked(frozen), 1, 'when the cluster was opened')
  }
})

t.test('what nobody waits for any more is not sent when the connection is there', async (t) => {
  const broker = await FakeBroker.start(t)
  const cluster = await open(t, broker)
  const other = cluster.sibling('late')
  t.teardown(() => other.close())
  broker.isFrozen = true
  const request = () => metadataRequest({ topics: [], allowAutoTopicCreation: false })
  await t.rejects(other.send(1, request(), { timeoutMs: 100 }), { code: 'CONNECT_RETRIABLE' })
  const before = metadataAsked(broker)
  const second = other.send(1, request(), { timeoutMs: 10_000 })
  broker.thaw()
  t.equal((await second).clusterId, 'a-cluster')
  t.equal(metadataAsked(broker), before + 1)
})

t.test('nothing is tried again once the client is closed', async (t) => {
  const broker = await FakeBroker.start(t)
  const cluster = await open(t, broker)
  broker.isFrozen = true
  const finding = new TopicAdmin(cluster, 30_000).find('a-topic')
  const rejected = t.rejects(finding, { code: 'CONNECT_RETRIABLE', message: /closed/ })
  await sleep(50)
  await cluster.close()
  const began = performance.now()
  await rejected
  t.ok(performance.now() - began < 10_000)
})
