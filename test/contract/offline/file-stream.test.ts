import {
  appendFileSync,
  existsSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import plugins from '../../../connectors/file-stream/index.ts'
import {
  type OffsetMap,
  parseConfig,
  type SinkDefinition,
  type SinkRecord,
  type SourceDefinition,
  type SourceRecord,
} from '../../../runtime/api/index.ts'
import { sourceContract } from '../source.ts'

const [source, sink] = plugins as unknown as [SourceDefinition, SinkDefinition]
const log = { debug() {}, info() {}, warn() {}, error() {} }

sourceContract('FileStreamSource', {
  definition: source,
  async prepare(t) {
    const file = join(t.testdir({ lines: '' }), 'lines')
    let count = 0
    return {
      config: { file, topic: 'lines' },
      async add(more) {
        const lines = Array.from({ length: more }, (_, i) => `line ${count + i}\n`)
        count += more
        appendFileSync(file, lines.join(''))
      },
      identify: ({ value }) => Number(String(value).slice('line '.length)),
    }
  },
})

async function open(t: Test, config: Record<string, string>, stored: OffsetMap | null = null) {
  const stop = new AbortController()
  const task = await source.open(parseConfig(source.config, config), {
    connector: 'file',
    task: 0,
    log,
    signal: stop.signal,
    offsets: { read: async () => stored },
  })
  const batches = task[Symbol.asyncIterator]()
  t.teardown(async () => {
    stop.abort()
    await batches.return?.()
  })
  return async (): Promise<readonly SourceRecord[]> => (await batches.next()).value
}

const values = (records: readonly SourceRecord[]) => records.map(({ value }) => value)

t.test(
  'lines end with LF, CR or both; positions are octets; an incomplete last line waits',
  async (t) => {
    const file = join(t.testdir({ lines: 'a\r\nb\rzwölf\n\nunfinished' }), 'lines')
    const next = await open(t, { file, topic: 'lines' })
    const records = await next()
    t.strictSame(values(records), ['a', 'b', 'zwölf', ''])
    t.strictSame(
      records.map(({ sourceOffset }) => sourceOffset['position']),
      [3, 5, 12, 13],
    )
    t.strictSame(records[0]?.sourcePartition, { filename: file })
    t.equal(records[0]?.valueSchema?.type, 'string')
    appendFileSync(file, ' now\n')
    t.strictSame(values(await next()), ['unfinished now'])
  },
)

t.test('a line that is longer than a read comes whole', async (t) => {
  const long = 'x'.repeat(700_001)
  const file = join(t.testdir({ lines: `short\n${long}\nend\n` }), 'lines')
  const next = await open(t, { file, topic: 'lines' })
  const found: unknown[] = []
  while (found.length < 3) found.push(...values(await next()))
  t.strictSame(found, ['short', long, 'end'])
})

t.test('batch.size bounds a batch', async (t) => {
  const file = join(t.testdir({ lines: 'l\n'.repeat(25) }), 'lines')
  const next = await open(t, { file, topic: 'lines', 'batch.size': '10' })
  t.strictSame([(await next()).length, (await next()).length, (await next()).length], [10, 10, 5])
})

t.test('a missing file is waited for', async (t) => {
  const file = join(t.testdir({}), 'later')
  const next = await open(t, { file, topic: 'lines' })
  const first = next()
  await sleep(50)
  writeFileSync(file, 'there\n')
  t.strictSame(values(await first), ['there'])
})

t.test('a file that was cut, or replaced, is read from its beginning', async (t) => {
  const file = join(t.testdir({ lines: 'one\ntwo\n' }), 'lines')
  const next = await open(t, { file, topic: 'lines' })
  t.strictSame(values(await next()), ['one', 'two'])
  const cut = next()
  await sleep(50)
  truncateSync(file)
  await sleep(600)
  appendFileSync(file, 'three\n')
  t.strictSame(values(await cut), ['three'])
  const replaced = next()
  await sleep(50)
  renameSync(file, `${file}.1`)
  writeFileSync(file, 'four\n')
  t.strictSame(values(await replaced), ['four'])
})

t.test('a position beyond the end, and one that is none, begin anew', async (t) => {
  const file = join(t.testdir({ lines: 'one\n' }), 'lines')
  for (const position of [400, -1, 'x']) {
    const next = await open(t, { file, topic: 'lines' }, { position })
    t.strictSame(values(await next()), ['one'])
  }
})

t.test('a folder is refused in words', async (t) => {
  const next = await open(t, { file: t.testdir({}), topic: 'lines' })
  await t.rejects(next(), { code: 'CONNECT_ERROR', message: /EISDIR/ })
})

function record(value: unknown, offset = 0): SinkRecord {
  return {
    topic: 'lines',
    partition: 0,
    offset,
    keySchema: null,
    key: null,
    valueSchema: null,
    value,
    timestamp: 0,
    timestampType: 'CreateTime',
    headers: [],
    originalTopic: 'lines',
    originalPartition: 0,
    originalOffset: offset,
  }
}

const openSink = async (file: string) =>
  sink.open(parseConfig(sink.config, { file }), {
    connector: 'file',
    task: 0,
    log,
    signal: new AbortController().signal,
  })

t.test('the sink appends the text of each value, a line each', async (t) => {
  const file = join(t.testdir({}), 'out')
  const task = await openSink(file)
  await task.put([record('one'), record(2), record(null), record({ a: [1, 2] })])
  await task.flush?.()
  await task.stop?.()
  t.equal(readFileSync(file, 'utf8'), 'one\n2\nnull\n{a=[1, 2]}\n')
})

t.test('the sink does not go on in a line that a kill left incomplete', async (t) => {
  const file = join(t.testdir({ out: 'whole\nhal' }), 'out')
  const task = await openSink(file)
  await task.put([record('half')])
  await task.put([record('next')])
  await task.stop?.()
  t.equal(readFileSync(file, 'utf8'), 'whole\nhal\nhalf\nnext\n')
})

t.test('the sink refuses a folder in words, and asks for another try on a full disk', async (t) => {
  await t.rejects(openSink(t.testdir({})), { code: 'CONNECT_ERROR', message: /EISDIR/ })
  if (!existsSync('/dev/full')) return
  const task = await openSink('/dev/full')
  await t.rejects(task.put([record('one')]), { code: 'CONNECT_RETRIABLE', message: /ENOSPC/ })
  await task.stop?.()
})
