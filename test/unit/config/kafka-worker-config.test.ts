import t from 'tap'
import type { ConfigException } from '../../../runtime/api/errors.ts'
import { loadWorkerConfig, type WorkerConfig } from '../../../runtime/config/worker-config.ts'

interface Folder {
  testdir(files: Record<string, string>): string
}

/** Like the worker file that comes with Apache Kafka. */
const distributed = `
##
# Licensed to the Apache Software Foundation (ASF) under one or more contributor license agreements.
##

# This file contains some of the configurations for the Kafka Connect distributed worker.

# A list of host/port pairs to use for establishing the initial connection to the Kafka cluster.
bootstrap.servers=localhost:9092

# unique name for the cluster, used in forming the Connect cluster group. Note that this must not conflict with consumer group IDs
group.id=connect-cluster

key.converter=org.apache.kafka.connect.json.JsonConverter
value.converter=org.apache.kafka.connect.json.JsonConverter
key.converter.schemas.enable=true
value.converter.schemas.enable=true

offset.storage.topic=connect-offsets
offset.storage.replication.factor=1
#offset.storage.partitions=25

config.storage.topic=connect-configs
config.storage.replication.factor=1

status.storage.topic=connect-status
status.storage.replication.factor=1
#status.storage.partitions=5

# Flush much faster than normal, which is useful for testing/debugging
offset.flush.interval.ms=10000

#listeners=HTTP://:8083
#rest.advertised.host.name=
plugin.path=/usr/local/share/java,/usr/local/share/kafka/plugins,\\
    /opt/connectors,
`

function load(t: Folder, text: string, name = 'connect-distributed.properties'): WorkerConfig {
  return loadWorkerConfig({ file: `${t.testdir({ [name]: text })}/${name}` })
}

function problems(t: Folder, text: string): readonly (readonly [string, string])[] {
  try {
    load(t, text)
    return []
  } catch (error) {
    return (error as ConfigException).problems
  }
}

const least = `bootstrap.servers=b:1\ngroup.id=g\nconfig.storage.topic=c\noffset.storage.topic=o\nstatus.storage.topic=s\n`

t.test('the worker file of Kafka Connect is taken as it is', async (t) => {
  const config = load(t, distributed)
  t.strictSame(config.kafka, {
    groupId: 'connect-cluster',
    clientId: 'connect-cluster',
    startTimeoutMs: 60_000,
    common: { 'bootstrap.servers': 'localhost:9092' },
    producer: {},
    consumer: {},
    admin: {},
  })
  t.strictSame(config.stores, {
    config: { topic: 'connect-configs', partitions: 1, replicationFactor: 1, settings: {} },
    offset: { topic: 'connect-offsets', partitions: 25, replicationFactor: 1, settings: {} },
    status: { topic: 'connect-status', partitions: 5, replicationFactor: 1, settings: {} },
  })
  t.strictSame(config.converters.valueConverter, {
    'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'value.converter.schemas.enable': 'true',
  })
  t.equal(config.offsetFlushIntervalMs, 10_000)
  t.strictSame(config.warnings, ['Without effect: plugin.path'])
})

t.test('a properties file under any name, a JSON file under any name', async (t) => {
  t.equal(load(t, least, 'worker.conf').kafka?.groupId, 'g')
  t.equal(load(t, '\ufeff {"group.id": "g"}', 'worker').kafka, null)
  t.equal(load(t, '{"port": 0}', 'w.json').rest.listeners[0]?.port, 0)
  t.throws(() => load(t, 'a=\\u00g0'), {
    message: /connect-distributed\.properties is no valid properties file: Line 1/,
  })
  t.throws(() => load(t, '{"a":', 'worker'), /is not valid JSON/)
})

t.test('settings of clients go to the clients that they are for', async (t) => {
  const { kafka, warnings } = load(
    t,
    `${least}
security.protocol=SASL_SSL
sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\
  username="u" password="p=#!";
ssl.truststore.location=/ca.pem
client.id=w1
request.timeout.ms=20000
default.api.timeout.ms=1000
producer.compression.type=zstd
producer.sasl.mechanism=PLAIN
consumer.fetch.min.bytes=10
admin.retries=2
session.timeout.ms=10000
data.dir=unused
`,
  )
  t.strictSame(kafka, {
    groupId: 'g',
    clientId: 'g-w1',
    startTimeoutMs: 1000,
    common: {
      'bootstrap.servers': 'b:1',
      'security.protocol': 'SASL_SSL',
      'sasl.jaas.config':
        'org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password="p=#!";',
      'ssl.truststore.location': '/ca.pem',
      'client.id': 'w1',
      'request.timeout.ms': '20000',
      'default.api.timeout.ms': '1000',
    },
    producer: { 'compression.type': 'zstd', 'sasl.mechanism': 'PLAIN' },
    consumer: { 'fetch.min.bytes': '10' },
    admin: { retries: '2' },
  })
  t.strictSame(warnings, [
    'Without effect: session.timeout.ms',
    'Without effect on Kafka: data.dir',
  ])
})

t.test('what Connect requires is required, in its words', async (t) => {
  t.strictSame(problems(t, 'bootstrap.servers=b:1'), [
    ['group.id', 'Missing required configuration "group.id" which has no default value.'],
    ...['config', 'offset', 'status'].map((store) => [
      `${store}.storage.topic`,
      `Missing required configuration "${store}.storage.topic" which has no default value.`,
    ]),
  ])
  t.strictSame(problems(t, least), [])
  t.strictSame(
    problems(
      t,
      `${least}group.id=\nconfig.storage.replication.factor=0\nstatus.storage.partitions=-2
config.storage.topic= \nconnector.client.config.override.policy=Mine\ntopic.creation.enable=maybe`,
    ).map(([, text]) => text),
    [
      'Invalid value  for configuration group.id: String must be non-empty',
      'Must specify topic for connector configuration.',
      "Invalid value 0 for configuration config.storage.replication.factor: Replication factor must be positive and not larger than the number of brokers in the Kafka cluster, or -1 to use the broker's default",
      "Invalid value -2 for configuration status.storage.partitions: Number of partitions must be positive, or -1 to use the broker's default",
      'Invalid value Mine for configuration connector.client.config.override.policy: Class Mine could not be found; there are All, None, Principal.',
      'Invalid value maybe for configuration topic.creation.enable: Expected value to be either true or false',
    ],
  )
})

t.test('store topics take what Connect takes for them', async (t) => {
  const { stores, warnings } = load(
    t,
    `${least}config.storage.partitions=3
config.storage.min.insync.replicas=2
config.storage.cleanup.policy=delete
offset.storage.partitions=-1
offset.storage.replication.factor=-1
offset.storage.segment.bytes=1048576`,
  )
  t.strictSame(stores, {
    config: {
      topic: 'c',
      partitions: 1,
      replicationFactor: 3,
      settings: { 'min.insync.replicas': '2' },
    },
    offset: { topic: 'o', settings: { 'segment.bytes': '1048576' } },
    status: { topic: 's', partitions: 5, replicationFactor: 3, settings: {} },
  })
  t.strictSame(warnings, [
    'Without effect: config.storage.partitions',
    'Without effect: config.storage.cleanup.policy; the topic is always compacted',
  ])
})

t.test('an override policy is known by its alias and by its class', async (t) => {
  const policy = (name: string) =>
    load(t, `${least}connector.client.config.override.policy=${name}`).overridePolicy
  t.equal(policy('None'), 'None')
  t.equal(policy('PrincipalConnectorClientConfigOverridePolicy'), 'Principal')
  const full = 'org.apache.kafka.connect.connector.policy.AllConnectorClientConfigOverridePolicy'
  t.equal(policy(full), 'All')
})

t.test('TLS keys are for the clients on Kafka, and not available for REST', async (t) => {
  t.strictSame(problems(t, `${least}ssl.keystore.type=PEM`), [])
  t.match(problems(t, 'ssl.keystore.type=PEM'), [['ssl.keystore.type', /TLS of the REST API/]])
  t.match(problems(t, `${least}listeners.https.ssl.keystore.type=PEM`), [
    ['listeners.https.ssl.keystore.type', /TLS of the REST API/],
  ])
  t.strictSame(load(t, `${least}admin.listeners=`).kafka?.admin, {})
})
