import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { KafkaCluster } from '../../runtime/log/kafka/cluster.ts'
import { BrokerConnection } from '../../runtime/log/kafka/connection/broker-connection.ts'
import { socketFactory } from '../../runtime/log/kafka/connection/socket.ts'
import { createPartitionsRequest } from '../../runtime/log/kafka/protocol/requests/create-partitions.ts'
import { createTopicsRequest } from '../../runtime/log/kafka/protocol/requests/create-topics.ts'
import { metadataRequest } from '../../runtime/log/kafka/protocol/requests/metadata.ts'
import { connectionSettings } from '../../runtime/log/kafka/settings/connection-settings.ts'
import { FakeNetwork } from '../helpers/fake-network.ts'
import { service } from '../helpers/services.ts'

const logger = { debug() {}, info() {}, warn() {}, error() {} }
const asked = metadataRequest({ topics: [], allowAutoTopicCreation: false })

function connection(t: Test, port: number) {
  const made = new BrokerConnection(
    { host: '127.0.0.1', port },
    {
      clientId: 'connection-test',
      sasl: null,
      isTls: false,
      sockets: socketFactory(null, 5000),
      setupTimeoutMs: 5000,
      setupTimeoutMaxMs: 5000,
      requestTimeoutMs: 5000,
      reconnectBackoffMs: 10,
      reconnectBackoffMaxMs: 50,
      logger,
    },
  )
  t.teardown(() => made.close(new Error('the test is over')))
  return made
}

const warnings: Error[] = []
process.on('warning', (warning) => warnings.push(warning))

const settings = (servers: string, more = {}) => {
  const { settings, problems } = connectionSettings({ 'bootstrap.servers': servers, ...more })
  if (problems.length > 0) throw new Error(JSON.stringify(problems))
  return settings
}

t.test('a connection to a broker', async (t) => {
  const kafka = await service(t, 'kafka')
  if (!kafka) return
  const network = await FakeNetwork.before(t, kafka)
  t.beforeEach(() => {
    network.weather = 'fine'
    network.isUp = true
  })

  await t.test('answers requests in the order of calls, many at once', async (t) => {
    const broker = connection(t, network.port)
    const order: number[] = []
    await Promise.all(
      Array.from({ length: 50 }, (_, i) => broker.send(asked).then(() => order.push(i))),
    )
    t.strictSame(
      order,
      Array.from({ length: 50 }, (_, i) => i),
    )
  })

  await t.test('fails what is under way when it is cut, and connects again', async (t) => {
    const broker = connection(t, network.port)
    await broker.send(asked)
    network.weather = 'stalled'
    const waiting = [broker.send(asked), broker.send(asked)].map((each) => failure(each))
    await until(() => broker.isBusy)
    network.cut()
    for (const error of await Promise.all(waiting)) t.match(error, retriable(network.port))
    network.weather = 'fine'
    t.ok((await broker.send(asked)).brokers.length > 0)
  })

  await t.test(
    'fails what is under way when the broker hangs up, and connects again',
    async (t) => {
      const broker = connection(t, network.port)
      await broker.send(asked)
      network.weather = 'stalled'
      const waiting = failure(broker.send(asked))
      await until(() => broker.isBusy)
      network.hangUp()
      t.match(await waiting, retriable(network.port))
      network.weather = 'fine'
      t.ok((await broker.send(asked)).brokers.length > 0)
    },
  )

  await t.test('waits for an answer no longer than it should, and begins anew', async (t) => {
    const broker = connection(t, network.port)
    await broker.send(asked)
    network.weather = 'stalled'
    const patient = failure(broker.send(asked, { timeoutMs: 60_000 }))
    const error = await failure(broker.send(asked, { timeoutMs: 200 }))
    t.match(error, { ...retriable(network.port), message: /Metadata within 200 ms/ })
    t.match(await patient, retriable(network.port), 'nor do others wait for a dead connection')
    network.weather = 'fine'
    const before = network.accepted
    t.ok((await broker.send(asked)).brokers.length > 0)
    t.equal(network.accepted, before + 1)
  })

  await t.test('gives up a handshake that has no end', async (t) => {
    const broker = connection(t, network.port)
    network.weather = 'stalled'
    t.match(await failure(broker.send(asked, { timeoutMs: 200 })), retriable(network.port))
    broker.close(new Error('the test is over'))
    network.weather = 'fine'
    t.ok((await connection(t, network.port).send(asked)).brokers.length > 0)
  })

  await t.test('does not take garbage for an answer', async (t) => {
    const broker = connection(t, network.port)
    await broker.send(asked)
    network.weather = 'garbled'
    t.match(await failure(broker.send(asked)), retriable(network.port))
    const fresh = connection(t, network.port)
    t.match(await failure(fresh.send(asked)), retriable(network.port), 'nor in the handshake')
    network.weather = 'fine'
    t.ok((await broker.send(asked)).brokers.length > 0)
    t.ok((await fresh.send(asked)).brokers.length > 0)
  })

  await t.test('lets go at a signal, and stays in use', async (t) => {
    const broker = connection(t, network.port)
    await broker.send(asked)
    network.weather = { delayMs: 100 }
    const abort = new AbortController()
    const waiting = failure(broker.send(asked, { signal: abort.signal }))
    await until(() => broker.isBusy)
    abort.abort(new Error('enough'))
    t.match(await waiting, { message: 'enough' })
    const before = network.accepted
    t.ok((await broker.send(asked)).brokers.length > 0, 'the late answer was nobody’s')
    t.equal(network.accepted, before)
    t.match(await failure(broker.send(asked, { signal: AbortSignal.abort() })), {
      name: 'AbortError',
    })
  })

  await t.test('does not hammer a broker that is down', async (t) => {
    const broker = connection(t, network.port)
    network.isUp = false
    const before = network.accepted
    const until = Date.now() + 400
    let tries = 0
    for (; Date.now() < until; tries++)
      t.match(await failure(broker.send(asked)), { code: 'CONNECT_RETRIABLE' })
    t.ok(network.accepted - before <= tries, `${tries} tries`)
    t.ok(tries < 40, `${tries} tries in 400 ms`)
    network.isUp = true
    t.ok((await broker.send(asked)).brokers.length > 0)
  })

  await t.test('sends a body of many pieces as one', async (t) => {
    const broker = connection(t, network.port)
    const topics = Array.from({ length: 3000 }, () => ({
      topic: `nowhere ${randomUUID()}`, // a name that no broker takes
      partitions: 1,
      replicationFactor: 1,
    }))
    const answer = await broker.send(createTopicsRequest({ topics, timeoutMs: 1000 }))
    t.equal(answer.topics.length, 3000)
  })

  await t.test('closing it fails what is under way at once', async (t) => {
    const broker = connection(t, network.port)
    await broker.send(asked)
    network.weather = 'stalled'
    const waiting = failure(broker.send(asked))
    await until(() => broker.isBusy)
    broker.close(new Error('closed by the test'))
    t.match(await waiting, { message: /closed by the test/ })
    t.match(await failure(broker.send(asked)), { message: /closed by the test/ })
  })
})

t.test('the brokers', async (t) => {
  const kafka = await service(t, 'kafka')
  if (!kafka) return
  const open = async (servers: string, more = {}) => {
    const cluster = await KafkaCluster.open(settings(servers, more), {
      logger,
      clientId: 'cluster-test',
    })
    t.teardown(() => cluster.close())
    return cluster
  }

  await t.test('are found through any that is there', async (t) => {
    const cluster = await open(`127.0.0.1:1,nowhere.invalid:9092,${kafka.url}`)
    t.ok(cluster.clusterId)
    t.strictSame(cluster.nodes, [1])
  })

  await t.test('are found by the names of their addresses', async (t) => {
    const cluster = await open(kafka.url!, {
      'client.dns.lookup': 'resolve_canonical_bootstrap_servers_only',
    })
    t.strictSame(cluster.nodes, [1])
  })

  await t.test('are not found: every address is told, and why', async (t) => {
    const silent = createServer()
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    t.teardown(() => silent.close())
    const { port } = silent.address() as AddressInfo
    const more = { 'request.timeout.ms': '300' }
    const error = await failure(open(`127.0.0.1:1,nowhere.invalid:9092,127.0.0.1:${port}`, more))
    t.match(error, { code: 'CONNECT_RETRIABLE' })
    t.match(error.message, /127\.0\.0\.1:1: nobody listens there/)
    t.match(error.message, /nowhere\.invalid:9092: .*name/)
    t.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port}\\b.* 300 ms`))
  })

  await t.test('are asked elsewhere when one is gone', async (t) => {
    const network = await FakeNetwork.before(t, kafka)
    const cluster = await open(`127.0.0.1:${network.port}`)
    network.isUp = false
    network.cut()
    t.ok((await cluster.metadata([], { fresh: true })).brokers.length > 0)
  })

  await t.test('are let go when nobody asks them, and are there again', async (t) => {
    const network = await FakeNetwork.before(t, kafka)
    const cluster = await open(`127.0.0.1:${network.port}`, { 'connections.max.idle.ms': '100' })
    await until(() => network.open === 0)
    t.ok((await cluster.metadata([], { fresh: true })).brokers.length > 0)
  })

  await t.test('are known by name: leaders, coordinators, ids of topics', async (t) => {
    const cluster = await open(kafka.url!)
    const topic = `leaders-${randomUUID()}`
    const missing = { topic, partition: 0 }
    t.match(await failure(cluster.leaderOf(missing)), { errorName: 'UNKNOWN_TOPIC_OR_PARTITION' })
    const made = createTopicsRequest({
      topics: [{ topic, partitions: 2, replicationFactor: 1 }],
      timeoutMs: 10_000,
    })
    await cluster.send(1, made)
    await until(() =>
      cluster.leaderOf(missing).then(
        () => true,
        () => false,
      ),
    )
    t.match(await cluster.leaderOf({ topic, partition: 1 }), { node: 1, epoch: Number })
    const grown = { topic, partition: 2 }
    t.match(await failure(cluster.leaderOf(grown)), { errorName: 'UNKNOWN_TOPIC_OR_PARTITION' })
    await cluster.send(
      1,
      createPartitionsRequest({ topics: [{ topic, partitions: 3 }], timeoutMs: 10_000 }),
    )
    await until(() =>
      cluster.leaderOf(grown).then(
        () => true,
        () => false,
      ),
    )
    t.match(await cluster.topicId(topic), /^[\w-]{22}$/)
    await until(() =>
      cluster.coordinator(topic, 'group').then(
        (id) => id === 1,
        () => false,
      ),
    )
    cluster.forgetCoordinator(topic, 'group')
    t.equal(await cluster.coordinator(topic, 'group'), 1)
    const other = cluster.sibling('other')
    t.teardown(() => other.close())
    t.equal(other.clusterId, cluster.clusterId)
    t.equal((await other.metadata([topic])).topics[0]?.partitions.length, 3)
  })

  await t.test('closing fails whoever waits, and whoever comes', async (t) => {
    const cluster = await open(kafka.url!)
    await cluster.close()
    t.match(await failure(cluster.metadata([], { fresh: true })), { code: 'CONNECT_RETRIABLE' })
  })
})

t.test(
  'a client that cannot connect leaves nothing behind that keeps the process alive',
  async (t) => {
    const silent = createServer()
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    t.teardown(() => silent.close())
    const { port } = silent.address() as AddressInfo
    const file = (name: string) =>
      pathToFileURL(join(import.meta.dirname, '../../runtime/log/kafka', name)).href
    const program = `
    const { KafkaCluster } = await import('${file('cluster.ts')}')
    const { connectionSettings } = await import('${file('settings/connection-settings.ts')}')
    const none = () => {}
    const logger = { debug: none, info: none, warn: none, error: none }
    const { settings } = connectionSettings({
      'bootstrap.servers': '127.0.0.1:${port}',
      'security.protocol': process.argv[1],
      'socket.connection.setup.timeout.ms': '300',
      'request.timeout.ms': '300',
    })
    await KafkaCluster.open(settings, { logger, clientId: 'x' }).catch(() => console.log('refused'))`
    for (const protocol of ['PLAINTEXT', 'SSL']) {
      const { stdout, stderr } = await promisify(execFile)(
        process.execPath,
        ['--input-type=module', '--eval', program, protocol],
        { env: { ...process.env, NODE_OPTIONS: '' }, timeout: 20_000 },
      )
      t.strictSame([stdout, stderr], ['refused\n', ''], protocol)
    }
  },
)

t.test('none of that makes Node warn, as of negative times', async (t) => {
  t.strictSame(warnings, [])
})

function retriable(port: number) {
  return { code: 'CONNECT_RETRIABLE', message: new RegExp(`127\\.0\\.0\\.1:${port}\\b`) }
}

async function failure(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => new Error('it succeeded'),
    (error) => error,
  )
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 10))
}
