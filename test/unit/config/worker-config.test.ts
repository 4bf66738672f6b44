import { resolve } from 'node:path'
import t from 'tap'
import type { ConfigException } from '../../../runtime/api/errors.ts'
import { nearestName } from '../../../runtime/config/nearest-name.ts'
import {
  loadWorkerConfig,
  type WorkerConfigSources,
  workerIdOf,
} from '../../../runtime/config/worker-config.ts'

const shipped = resolve(import.meta.dirname, '../../../configs/worker.json')

interface Folder {
  testdir(files: Record<string, string>): string
}

function fileOf(t: Folder, content: unknown): string {
  const text = typeof content === 'string' ? content : JSON.stringify(content)
  return `${t.testdir({ 'worker.json': text })}/worker.json`
}

/** Every problem, by key. */
function problems(sources: WorkerConfigSources): Record<string, string[]> {
  const found: Record<string, string[]> = {}
  try {
    loadWorkerConfig(sources)
  } catch (error) {
    for (const [key, text] of (error as ConfigException).problems) {
      found[key] = [...(found[key] ?? []), text]
    }
  }
  return found
}

t.test('without anything said, every key has a value', async (t) => {
  const config = loadWorkerConfig({})
  t.match(config, {
    kafka: null,
    overridePolicy: 'All',
    createsTopics: true,
    dataDir: resolve('.tapline'),
    logLevel: 'info',
    topicPartitions: 1,
    rest: {
      listeners: [{ host: '127.0.0.1', port: 8083 }],
      advertised: { host: null, port: null },
      maxBodyBytes: 8 << 20,
      bodyTimeoutMs: 30_000,
    },
    offsetFlushIntervalMs: 5_000,
    taskShutdownGracefulTimeoutMs: 5_000,
    warnings: [],
  })
  t.ok(config.threads >= 1)
  t.strictSame(config.stores, {
    config: { topic: 'connect-configs', partitions: 1, settings: {} },
    offset: { topic: 'connect-offsets', partitions: 25, settings: {} },
    status: { topic: 'connect-statuses', partitions: 5, settings: {} },
  })
  t.strictSame(config.converters, {
    keyConverter: {
      'key.converter.schemas.enable': 'false',
      'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
    },
    valueConverter: {
      'value.converter.schemas.enable': 'false',
      'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
    },
    headerConverter: {
      'header.converter': 'org.apache.kafka.connect.storage.SimpleHeaderConverter',
    },
  })
})

t.test('the file that ships is valid and without a warning', async (t) => {
  const config = loadWorkerConfig({ file: shipped })
  t.equal(config.offsetFlushIntervalMs, 10_000)
  t.strictSame(config.warnings, [])
})

t.test('a flag wins over the environment, that over the file, that over the default', async (t) => {
  const file = fileOf(t, { 'data.dir': 'file', 'tasks.threads': 1, 'log.level': 'warn', port: 1 })
  const env = { TAPLINE_DATA_DIR: 'env', TAPLINE_TASKS_THREADS: '2', OTHER: 'x' }
  const config = loadWorkerConfig({ file, env, flags: { 'data.dir': 'flag', port: undefined } })
  t.equal(config.dataDir, resolve('flag'))
  t.equal(config.threads, 2)
  t.equal(config.logLevel, 'warn')
  t.equal(config.rest.listeners[0]?.port, 1)
  t.equal(config.rest.maxBodyBytes, 8 << 20)
  t.equal(loadWorkerConfig({ file, flags: { port: '0' } }).rest.listeners[0]?.port, 0)
  t.equal(loadWorkerConfig({ env: { TAPLINE_TOPIC_PARTITIONS: '4' } }).topicPartitions, 4)
  t.equal(loadWorkerConfig({ flags: { 'offset.flush.interval.ms': 7 } }).offsetFlushIntervalMs, 7)
})

t.test('a converter that is named has its own defaults, and its keys go along', async (t) => {
  const file = fileOf(t, {
    'key.converter': 'StringConverter',
    'value.converter': 'JsonConverter',
    'value.converter.schemas.cache.size': 7,
    'header.converter.x': true,
  })
  const { converters, warnings } = loadWorkerConfig({ file })
  t.strictSame(converters, {
    keyConverter: { 'key.converter': 'StringConverter' },
    valueConverter: {
      'value.converter.schemas.cache.size': '7',
      'value.converter': 'JsonConverter',
    },
    headerConverter: {
      'header.converter.x': 'true',
      'header.converter': 'org.apache.kafka.connect.storage.SimpleHeaderConverter',
    },
  })
  t.strictSame(warnings, [])
  const enabled = fileOf(t, { 'value.converter.schemas.enable': true })
  t.match(loadWorkerConfig({ file: enabled }).converters.valueConverter, {
    'value.converter.schemas.enable': 'true',
  })
})

t.test('store topics take names, partitions and settings, which must not meet', async (t) => {
  const file = fileOf(t, {
    'config.storage.topic': 'c',
    'offset.storage.partitions': 3,
    'offset.storage.min.compaction.lag.ms': 1000,
    'offset.storage.cleanup.policy': 'delete',
    'status.storage.replication.factor': 1,
    'status.storage.partitions': -1,
  })
  const { stores, warnings } = loadWorkerConfig({ file })
  t.equal(stores.config.topic, 'c')
  t.strictSame(stores.offset, {
    topic: 'connect-offsets',
    partitions: 3,
    settings: { 'min.compaction.lag.ms': '1000' },
  })
  t.strictSame(stores.status, { topic: 'connect-statuses', settings: {} })
  t.strictSame(warnings, [
    'Without effect on the embedded log: status.storage.replication.factor',
    'Without effect: offset.storage.cleanup.policy; the topic is always compacted',
  ])
  const bad = fileOf(t, {
    'config.storage.topic': ' ',
    'offset.storage.topic': 'same',
    'status.storage.topic': 'same',
    'status.storage.partitions': 0,
  })
  t.match(problems({ file: bad }), {
    'config.storage.topic': ['Must specify topic for connector configuration.'],
    'status.storage.topic': [/another topic than offset\.storage\.topic/],
    'status.storage.partitions': [
      "Invalid value 0 for configuration status.storage.partitions: Number of partitions must be positive, or -1 to use the broker's default",
    ],
  })
})

t.test('every mistake is told at once, in words', async (t) => {
  const file = fileOf(t, {
    'offset.flush.interval.ms': 'soon',
    'data.dir': '',
    'log.level': 'loud',
    'bootstrap.servers': '',
    listeners: 'http://127.0.0.1:8083,nonsense',
    'task.shutdown.graceful.timeout.ms': -1,
  })
  const env = {
    TAPLINE_PORT: '8O83',
    TAPLINE_REST_ALLOW_INSECURE: 'no',
    TAPLINE_TOPIC_PARTITIONS: '0',
  }
  t.match(problems({ file, env, flags: { 'tasks.threads': '2x' } }), {
    'offset.flush.interval.ms': [/Not a number of type LONG/, /non-null/],
    'data.dir': ['data.dir must be a path, not ""'],
    'log.level': [/loud|must be one of/],
    'bootstrap.servers': [/names no broker: write HOST:PORT/],
    listeners: [/nonsense doesn't have the right format/],
    'task.shutdown.graceful.timeout.ms': [/at least 0/],
    port: ['port must be a port from 0 (a free one) to 65535, not "8O83"'],
    'rest.allow.insecure': ['rest.allow.insecure must be true or false, not "no"'],
    'topic.partitions': [/from 1 on, not 0/],
    'tasks.threads': ['tasks.threads must be a whole number, not "2x"'],
  })
  t.throws(() => loadWorkerConfig({ file }), { code: 'CONNECT_CONFIG', hint: /Correct them in/ })
})

t.test('what is not there yet is refused, unless it is off anyway', async (t) => {
  for (const [key, value, off] of [
    ['ssl.keystore.location', '/k.p12', undefined],
    ['listeners.https.ssl.key.password', 'x', undefined],
    ['exactly.once.source.support', 'enabled', 'disabled'],
    ['rest.extension.classes', 'a.B', ''],
    ['admin.listeners', 'http://localhost:1', ''],
  ] as const) {
    t.match(problems({ flags: { [key]: value } })[key], [/not available yet/], key)
    if (off !== undefined) t.strictSame(loadWorkerConfig({ flags: { [key]: off } }).warnings, [])
  }
})

t.test('unknown keys warn with the nearest name, idle ones say that they are', async (t) => {
  const file = fileOf(t, {
    'ofset.flush.intervall.ms': 1,
    zzz: 1,
    'group.id': 'g',
    'session.timeout.ms': 1,
    'consumer.max.poll.records': 1,
    'offset.storage.file.filename': 'x',
    'security.protocol': 'SSL',
    'plugin.path': '/usr/share/java',
  })
  t.strictSame(loadWorkerConfig({ file, env: { TAPLINE_DATADIR: 'x' } }).warnings, [
    'Without effect: session.timeout.ms, offset.storage.file.filename, plugin.path',
    'Without effect on the embedded log: group.id, consumer.max.poll.records, security.protocol',
    'Unknown key "ofset.flush.intervall.ms"; did you mean "offset.flush.interval.ms"?',
    'Unknown key "zzz"',
    'Unknown variable "TAPLINE_DATADIR"; did you mean "TAPLINE_DATA_DIR"?',
  ])
})

t.test('only addresses of this machine are listened on, unless somebody insists', async (t) => {
  const listenersOf = (listeners: string, more = {}) =>
    loadWorkerConfig({ flags: { listeners, ...more } }).rest.listeners
  t.strictSame(listenersOf('http://localhost:1,http://[::1]:0, HTTP://127.0.0.2:65535'), [
    { host: 'localhost', port: 1 },
    { host: '::1', port: 0 },
    { host: '127.0.0.2', port: 65_535 },
  ])
  for (const open of ['http://:8083', 'http://0.0.0.0:1', 'http://[::]:1', 'http://10.0.0.1:1']) {
    t.match(problems({ flags: { listeners: open } })['listeners'], [/rest\.allow\.insecure=true/])
    t.equal(listenersOf(open, { 'rest.allow.insecure': true }).length, 1)
  }
  for (const [wrong, why] of [
    ['https://127.0.0.1:8443', /https is not available yet/],
    ['ftp://127.0.0.1:21', /must be either "http" or "https"/],
    ['http://127.0.0.1', /right format/],
    ['127.0.0.1:80', /right format/],
    ['http://127.0.0.1:65536', /from 0 to 65535/],
    ['http://127.0.0.1:1,,', /Empty URL/],
    ['', /at least one URL/],
  ] as const) {
    t.match(problems({ flags: { listeners: wrong } })['listeners']?.[0], why, wrong)
  }
  t.match(problems({ flags: { listeners: 'http://localhost:1,http://localhost:2', port: 3 } }), {
    listeners: [/one listener alone/],
  })
})

t.test('the worker is known under its advertised address, else under its own', async (t) => {
  const url = 'http://127.0.0.1:40001'
  t.equal(workerIdOf(loadWorkerConfig({}), url), '127.0.0.1:40001')
  const advertised = { 'rest.advertised.host.name': 'w1.example', 'rest.advertised.port': 80 }
  t.equal(workerIdOf(loadWorkerConfig({ flags: advertised }), url), 'w1.example:80')
  const everywhere = { listeners: 'http://:0', 'rest.allow.insecure': true }
  const id = workerIdOf(loadWorkerConfig({ flags: everywhere }), 'http://localhost:40001')
  t.notMatch(id, 'localhost:')
  t.match(id, /:40001$/)
})

t.test('a file that is none is said in words that do not quote it', async (t) => {
  const load = (content: unknown) => () => loadWorkerConfig({ file: fileOf(t, content) })
  t.throws(() => loadWorkerConfig({ file: '/nowhere/w.json' }), /nowhere.* does not exist/)
  t.throws(() => loadWorkerConfig({ file: '/' }), /cannot be read \(EISDIR\)/)
  t.throws(load('{"a": "hunter2",\n}'), /is not valid JSON/)
  t.throws(load('[]'), /holds no JSON object/)
  t.match(problems({ file: fileOf(t, { data: { dir: 'x' }, list: [] }) }), {
    data: [/must be text, a number, true or false/],
    list: [/must be text/],
  })
  try {
    load('{"password": hunter2}')()
    t.fail('it must throw')
  } catch (error) {
    t.notMatch(String(error), 'hunter2')
  }
})

t.test('the nearest name is near, or none', async (t) => {
  const known = ['data.dir', 'log.level', 'tasks.threads']
  t.equal(nearestName('dat.dir', known), 'data.dir')
  t.equal(nearestName('LOG.LEVEL', known), 'log.level')
  t.equal(nearestName('task.thread', known), 'tasks.threads')
  t.equal(nearestName('completely.different', known), undefined)
  t.equal(nearestName('', known), undefined)
})
