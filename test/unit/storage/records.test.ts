import t from 'tap'
import type { OffsetMap } from '../../../runtime/api/index.ts'
import { decodeBatch } from '../../../runtime/log/batch/batch-decoder.ts'
import { ClusterConfig } from '../../../runtime/storage/cluster-config.ts'
import {
  connectorEntry,
  parseConfigRecord,
  restartEntry,
  targetEntry,
  taskEntries,
} from '../../../runtime/storage/config-records.ts'
import type { KeyedEntry } from '../../../runtime/storage/keyed-batches.ts'
import {
  offsetBatches,
  offsetKey,
  parseOffset,
  parseOffsetKey,
} from '../../../runtime/storage/offset-records.ts'
import {
  parseStatus,
  parseStatusKey,
  statusEntry,
} from '../../../runtime/storage/status-records.ts'

t.test("config records have Kafka Connect's keys and values", (t) => {
  t.strictSame(connectorEntry('a', { 'tasks.max': '1.0' }), {
    key: 'connector-a',
    value: '{"properties":{"tasks.max":"1.0"}}',
  })
  t.strictSame(connectorEntry('a', null), { key: 'connector-a', value: null })
  t.strictSame(taskEntries('a-b', [{ x: '1' }, {}]), [
    { key: 'task-a-b-0', value: '{"properties":{"x":"1"}}' },
    { key: 'task-a-b-1', value: '{"properties":{}}' },
    { key: 'commit-a-b', value: '{"tasks":2}' },
  ])
  t.strictSame(targetEntry('a', 'STOPPED'), {
    key: 'target-state-a',
    value: '{"state":"PAUSED","state.v2":"STOPPED"}',
  })
  t.strictSame(targetEntry('a', 'STARTED').value, '{"state":"STARTED","state.v2":"STARTED"}')
  t.strictSame(restartEntry({ connector: 'a', includeTasks: true, onlyFailed: false }), {
    key: 'restart-connector-a',
    value: '{"include-tasks":true,"only-failed":false}',
  })
  t.end()
})

t.test('config records are read as they are written, and old ones too', (t) => {
  const read = (key: string, value: string | null) => parseConfigRecord({ key, value })
  t.strictSame(read('task-a-b-12', '{"properties":{"n":7,"gone":null}}'), {
    type: 'task',
    connector: 'a-b',
    task: 12,
    config: { n: '7' },
  })
  t.match(read('target-state-a', '{"state":"PAUSED"}'), { target: 'PAUSED' })
  t.match(read('target-state-a', '{"state":"PAUSED","state.v2":"STOPPED"}'), { target: 'STOPPED' })
  t.equal(read('restart-connector-a', null), 'foreign')
  t.match(read('logger-cluster-x.y', '{"level":"DEBUG"}'), { namespace: 'x.y', level: 'DEBUG' })
  for (const key of ['session-key', 'tasks-fencing-a']) t.equal(read(key, '{}'), 'foreign', key)
  for (const [key, value] of [
    ['connector-a', '{"properties":[]}'],
    ['connector-a', 'no json'],
    ['task-a', '{"properties":{}}'],
    ['task-a-x', '{"properties":{}}'],
    ['commit-a', '{"tasks":-1}'],
    ['commit-a', null],
    ['target-state-a', '{"state":"FLYING"}'],
    ['something-else', '{}'],
  ] as const)
    t.equal(read(key, value), 'malformed', `${key} ${value}`)
  t.end()
})

t.test('the config topic amounts to', (t) => {
  const clusterOf = (...entries: readonly KeyedEntry[]) => {
    const cluster = new ClusterConfig()
    entries.forEach((entry, offset) => {
      const record = parseConfigRecord(entry)
      if (typeof record !== 'string') cluster.apply(record, offset)
    })
    return cluster
  }

  t.test('task configs that count from their commit on', (t) => {
    const [task, commit] = taskEntries('a', [{ x: '1' }]) as [KeyedEntry, KeyedEntry]
    const before = clusterOf(connectorEntry('a', {}), task)
    t.strictSame(before.connector('a')?.tasks, [])
    const after = clusterOf(connectorEntry('a', {}), task, commit)
    t.match(after.connector('a'), { tasks: [{ x: '1' }], taskRevision: 2, revision: 0 })
    t.end()
  })

  t.test('an inconsistent connector when compaction took task configs of a commit', (t) => {
    const [, second, commit] = taskEntries('a', [{}, {}]) as KeyedEntry[]
    const cluster = clusterOf(connectorEntry('a', {}), second!, commit!)
    t.match(cluster.connector('a'), { tasks: [], isInconsistent: true })
    t.end()
  })

  t.test('fewer tasks when a later commit has fewer, whatever older records are left', (t) => {
    const [first, second, third] = taskEntries('a', [{ n: 'old' }, { n: 'old' }, { n: 'old' }])
    const cluster = clusterOf(
      connectorEntry('a', {}),
      first!,
      second!,
      third!,
      ...taskEntries('a', [{ n: 'new' }]),
    )
    t.match(cluster.connector('a'), { tasks: [{ n: 'new' }], isInconsistent: false })
    t.equal(cluster.connector('a')?.tasks.length, 1)
    t.end()
  })

  t.test('the config that was applied, until the next commit', (t) => {
    const cluster = clusterOf(
      connectorEntry('a', { v: '1' }),
      ...taskEntries('a', []),
      connectorEntry('a', { v: '2' }),
    )
    t.match(cluster.connector('a'), { config: { v: '2' }, applied: { v: '1' } })
    t.end()
  })

  t.test('a target state that may come before its connector and is STARTED without', (t) => {
    t.equal(clusterOf(connectorEntry('a', {})).connector('a')?.target, 'STARTED')
    const cluster = clusterOf(targetEntry('a', 'STOPPED'), connectorEntry('a', {}))
    t.equal(cluster.connector('a')?.target, 'STOPPED')
    t.end()
  })

  t.test('nothing for a deleted connector, not even when the commit is left over', (t) => {
    const cluster = clusterOf(
      connectorEntry('a', {}),
      ...taskEntries('a', [{}]),
      connectorEntry('a', null),
      targetEntry('a', null),
    )
    t.strictSame(cluster.names(), [])
    const leftOver = clusterOf(...taskEntries('a', [{ old: '1' }]), connectorEntry('a', {}))
    t.match(leftOver.connector('a'), { tasks: [], applied: null })
    t.end()
  })
  t.end()
})

t.test('offset records keep the order of their maps and every digit', (t) => {
  const partition: OffsetMap = { path: 'ü/"x"', inode: 9007199254740993n }
  const key = '["name",{"path":"ü/\\"x\\"","inode":9007199254740993}]'
  t.equal(offsetKey('name', partition), key)
  t.strictSame(parseOffsetKey(key), { connector: 'name', partition })
  t.strictSame(parseOffset('{"p":12345678901234567890,"q":1.5,"b":true,"n":null}'), {
    p: 12345678901234567890n,
    q: 1.5,
    b: true,
    n: null,
  })
  for (const bad of ['{}', '["a"]', '[1,{}]', '["a",[]]', '["a",{},1]', 'x'])
    t.equal(parseOffsetKey(bad), null, bad)
  t.end()
})

t.test('offset keys have the bytes that the writer of Kafka Connect makes', (t) => {
  // As Jackson 2.21 wrote them.
  const keys: [OffsetMap, string][] = [
    [
      { f: '\u0000\u0001\b\t\n\u000b\f\r\u001f\u007f\u0080 /"\\' },
      '"\\u0000\\u0001\\b\\t\\n\\u000B\\f\\r\\u001F\u007f\u0080 /\\"\\\\"',
    ],
    [{ f: '\\u001f \u2028\ufeffü' }, '"\\\\u001f \u2028\ufeffü"'],
    [{ f: 'a😀b' }, '"a\\uD83D\\uDE00b"'],
    [{ f: 1.5 }, '1.5'],
    [{ f: 1e-5 }, '1.0E-5'],
    [{ f: 123456789.125 }, '1.23456789125E8'],
    [{ f: 1e21 }, '1.0E21'],
    [{ f: -0 }, '-0.0'],
    [{ f: 5e-324 }, '4.9E-324'],
    [{ f: 12345678 }, '12345678'],
    [{ f: null }, 'null'],
  ]
  for (const [partition, text] of keys) {
    t.equal(offsetKey('c', partition), `["c",{"f":${text}}]`)
    t.strictSame(parseOffsetKey(offsetKey('c', partition))?.partition, partition)
  }
  t.end()
})

t.test('offset records go to the partition where Java puts them', (t) => {
  const entries = Array.from({ length: 40 }, (_, n) => ({
    partition: { file: `f${n}` },
    offset: n === 0 ? null : { position: n },
  }))
  const batches = offsetBatches('offsets', 25, 'c', entries, 1_000)
  t.equal(
    batches.reduce((sum, { records }) => sum + records, 0),
    40,
  )
  const records = batches.flatMap((batch) =>
    decodeBatch(batch.bytes, batch).map((record) => ({
      at: batch.partition,
      key: record.key?.toString(),
      value: record.value?.toString() ?? null,
    })),
  )
  t.strictSame(
    records.find(({ key }) => key === '["c",{"file":"f0"}]'),
    // As org.apache.kafka.common.utils.Utils.murmur2 has it.
    { at: javaPartition('["c",{"file":"f0"}]', 25), key: '["c",{"file":"f0"}]', value: null },
  )
  t.equal(records.find(({ key }) => key?.includes('f39'))?.value, '{"position":39}')
  t.end()
})

t.test('offsets hold nothing but text, numbers, booleans and null', (t) => {
  const write = (value: unknown) =>
    offsetBatches('o', 1, 'c', [{ partition: {}, offset: { f: value } as OffsetMap }], 0)
  t.throws(() => write([1]), {
    code: 'CONNECT_DATA',
    message: 'Offsets may only contain primitive types as values, but field f contains ARRAY',
  })
  t.throws(() => write({}), { message: /contains MAP$/ })
  t.throws(() => write(Number.NaN), { message: /contains NaN$/ })
  t.throws(() => write(undefined), { message: /contains undefined$/ })
  t.end()
})

t.test("status records have Kafka Connect's keys and values", (t) => {
  const status = { state: 'RUNNING', trace: null, workerId: 'h:8083', generation: 3 } as const
  t.strictSame(statusEntry({ connector: 'a', task: null }, status), {
    key: 'status-connector-a',
    value: '{"state":"RUNNING","trace":null,"worker_id":"h:8083","generation":3}',
  })
  const entry = statusEntry({ connector: 'a-b', task: 1 }, { ...status, version: '4.3.1' })
  t.strictSame(entry, {
    key: 'status-task-a-b-1',
    value: '{"state":"RUNNING","trace":null,"worker_id":"h:8083","generation":3,"version":"4.3.1"}',
  })
  t.strictSame(parseStatusKey(entry.key), { connector: 'a-b', task: 1 })
  t.strictSame(parseStatus(entry.value ?? ''), { ...status, version: '4.3.1' })
  t.strictSame(statusEntry({ connector: 'a', task: 0 }, null).value, null)
  t.equal(parseStatusKey('status-topic-t:connector-a'), undefined)
  t.equal(parseStatusKey('status-task-a'), undefined)
  t.equal(parseStatus('{"state":"FLYING","worker_id":"h"}'), undefined)
  t.end()
})

/** MurmurHash2 with BigInt, written from its definition: a second opinion. */
function javaPartition(key: string, partitions: number): number {
  const data = Buffer.from(key)
  const mask = 0xffffffffn
  const m = 0x5bd1e995n
  let h = (0x9747b28cn ^ BigInt(data.length)) & mask
  let at = 0
  for (; at + 4 <= data.length; at += 4) {
    let k = (BigInt(data.readUInt32LE(at)) * m) & mask
    k ^= k >> 24n
    h = ((h * m) & mask) ^ ((k * m) & mask)
  }
  const rest = data.subarray(at)
  if (rest.length > 0) h = ((h ^ BigInt(rest.readUIntLE(0, rest.length))) * m) & mask
  h = ((h ^ (h >> 13n)) * m) & mask
  h ^= h >> 15n
  return Number((h & 0x7fffffffn) % BigInt(partitions))
}
