import t from 'tap'
import {
  connectsAlike,
  ownKeys,
  taskKeys,
} from '../../../../runtime/log/kafka/kafka-log-settings.ts'

const secured = {
  'bootstrap.servers': 'broker:9093',
  'security.protocol': 'SASL_SSL',
  'sasl.mechanism': 'PLAIN',
  'request.timeout.ms': '40000',
}

t.test(
  "a task's clients have names of their own, the worker's brokers and its security",
  async (t) => {
    const keys = taskKeys({ common: secured }, { task: 'orders-2' })
    const { 'request.timeout.ms': _, ...inherited } = secured
    t.same(keys, {
      producer: { ...inherited, 'client.id': 'connector-producer-orders-2' },
      consumer: { ...inherited, 'client.id': 'connector-consumer-orders-2' },
      admin: { ...inherited, 'client.id': 'connector-adminclient-orders-2' },
    })
    t.same(ownKeys({ common: secured }).consumer, secured)
  },
)

t.test(
  'what the connector says counts more than what the worker says for connectors',
  async (t) => {
    const { producer } = taskKeys(
      { common: secured, producer: { 'compression.type': 'lz4', 'linger.ms': '5' } },
      { task: 'a-0', producer: { 'compression.type': 'zstd', 'client.id': 'mine' } },
    )
    t.equal(producer['compression.type'], 'zstd')
    t.equal(producer['linger.ms'], '5')
    t.equal(producer['client.id'], 'mine')
  },
)

t.test('security that is said for a client is all of its security', async (t) => {
  const { consumer } = taskKeys(
    { common: secured, consumer: { 'security.protocol': 'PLAINTEXT' } },
    { task: 'a-0' },
  )
  t.equal(consumer['security.protocol'], 'PLAINTEXT')
  t.notOk('sasl.mechanism' in consumer)
})

t.test(
  'clients share what is known of the brokers only under the same connection settings',
  async (t) => {
    const options = { common: { 'bootstrap.servers': 'a:1', 'compression.type': 'gzip' } }
    const alike = (own: Record<string, string>) =>
      connectsAlike(options, taskKeys(options, { task: 'a-0', producer: own }).producer)
    t.equal(alike({}), true)
    t.equal(alike({ 'compression.type': 'lz4', 'client.id': 'mine' }), true)
    for (const key of [
      'bootstrap.servers',
      'request.timeout.ms',
      'client.rack',
      'ssl.truststore.type',
    ])
      t.equal(alike({ [key]: 'x' }), false, key)
  },
)
