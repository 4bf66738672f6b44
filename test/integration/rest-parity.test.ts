import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { type Answer, send } from '../helpers/rest-rig.ts'
import { RunningWorker, until } from '../helpers/running-worker.ts'
import { service } from '../helpers/services.ts'

/** The same requests to a real Kafka Connect worker and to ours: the same answers. */

t.setTimeout(240_000)

interface Step {
  readonly ask: readonly [method: string, path: string, body?: unknown]
  /** Ours, where it differs on purpose: `rest/differences.ts`. */
  readonly ours?: number
}

const id = randomUUID().slice(0, 8)
const folder = t.testdir()
const text = 'org.apache.kafka.connect.storage.StringConverter'
const source = {
  'connector.class': 'org.apache.kafka.connect.file.FileStreamSourceConnector',
  file: join(folder, 'in'),
  topic: `lines-${id}`,
  'value.converter': text,
}
const sink = {
  'connector.class': 'org.apache.kafka.connect.file.FileStreamSinkConnector',
  topics: `lines-${id}`,
  'value.converter': text,
}
const names = { source: `source-${id}`, sink: `sink-${id}` }

async function ask(url: string, [method, path, body]: Step['ask']): Promise<Answer> {
  for (let tries = 0; ; tries++) {
    const answer = await send(url, method, path, body === undefined ? {} : { body })
    // The real one answers so while its group changes.
    if (answer.status !== 409 || !/rebalance|stale/.test(answer.text) || tries > 300) return answer
    await sleep(100)
  }
}

interface Offset {
  readonly offset: unknown
}

/** Without what we add to an error. */
function common(answer: Answer): unknown {
  const { code, fix, pointer, ...rest } = answer.body ?? {}
  if (Array.isArray(answer.body)) return answer.body
  // Just after a reset the real one now and then still shows what it forgot.
  if (rest.offsets) return { offsets: rest.offsets.filter((each: Offset) => each.offset !== null) }
  return rest
}

async function compare(t: Test, urls: Urls, steps: readonly Step[]): Promise<void> {
  for (const { ask: asked, ours } of steps) {
    const [theirs, own] = await Promise.all([ask(urls.connect, asked), ask(urls.tapline, asked)])
    const label = `${asked[0]} ${asked[1]} ${JSON.stringify(asked[2] ?? '').slice(0, 100)}`
    if (ours === undefined) {
      t.equal(own.status, theirs.status, label)
      t.strictSame(common(own), common(theirs), label)
    } else {
      t.equal(own.status, ours, label)
      t.equal(theirs.status, 500, label)
    }
  }
}

interface Urls {
  readonly connect: string
  readonly tapline: string
}

async function both(t: Test): Promise<Urls | undefined> {
  const connect = await service(t, 'connect')
  if (connect === undefined) return undefined
  const worker = await RunningWorker.start({ dataDir: t.testdir() })
  t.teardown(() => worker.stop())
  t.teardown(async () => {
    for (const name of Object.values(names))
      await ask(connect.url as string, ['DELETE', `/connectors/${name}`])
  })
  return { connect: connect.url as string, tapline: worker.url }
}

const untilBoth = async (urls: Urls, path: string, isWanted: (answer: Answer) => boolean) => {
  for (const url of Object.values(urls))
    await until(`${url}${path}`, () => ask(url, ['GET', path]), isWanted)
}

t.test('a real Kafka Connect worker and ours answer alike', async (t) => {
  const urls = await both(t)
  if (urls === undefined) return
  const [from, to] = [`/connectors/${names.source}`, `/connectors/${names.sink}`]
  writeFileSync(source.file, 'one\ntwo\nthree\n')
  for (const [which, url] of Object.entries(urls)) {
    await ask(url, ['PUT', `${from}/config`, source])
    await ask(url, ['PUT', `${to}/config`, { ...sink, file: join(folder, `out-${which}`) }])
  }
  for (const name of [names.source, names.sink]) {
    const hasTopic = ({ body }: Answer) => body[name]?.topics.length === 1
    await untilBoth(urls, `/connectors/${name}/topics`, hasTopic)
  }

  await t.test('topics', async (t) => {
    await compare(t, urls, [
      { ask: ['GET', `${from}/topics`] },
      { ask: ['GET', `${to}/topics`] },
      { ask: ['GET', '/connectors/nobody/topics'] },
      { ask: ['PUT', '/connectors/nobody/topics/reset'] },
    ])
    // Idle for longer than anybody waits before saying what was used.
    await sleep(1500)
    await compare(t, urls, [
      { ask: ['PUT', `${from}/topics/reset`] },
      { ask: ['PUT', `${to}/topics/reset`] },
    ])
    await untilBoth(urls, `${from}/topics`, ({ body }) => body[names.source].topics.length === 0)
    await untilBoth(urls, `${to}/topics`, ({ body }) => body[names.sink].topics.length === 0)
    await compare(t, urls, [{ ask: ['GET', `${to}/topics`] }])
  })

  await t.test('some keys of a config', async (t) => {
    const path = `${from}/config`
    await untilBoth(urls, from, ({ body }) => body.tasks.length === 1)
    await compare(t, urls, [
      { ask: ['PATCH', '/connectors/nobody/config', { a: 'b' }] },
      { ask: ['PATCH', path, { 'batch.size': 100, other: true }] },
      { ask: ['GET', path] },
      { ask: ['PATCH', path, { other: null, 'no.such': null }] },
      { ask: ['GET', path] },
      { ask: ['PATCH', path, {}] },
      { ask: ['PATCH', path, { 'batch.size': null }] },
      { ask: ['PATCH', path, { topic: null }] },
      { ask: ['PATCH', path, { 'tasks.max': 'many' }] },
      { ask: ['PATCH', path, { name: null }] },
      { ask: ['PATCH', path, []], ours: 400 },
      { ask: ['GET', path] },
    ])
  })

  await t.test('levels of loggers', async (t) => {
    const path = `/admin/loggers/x${id}`
    const undated = ({ status, text }: Answer) => [status, text.replace(/\d{13}/g, 'TIME')]
    await compare(t, urls, [
      { ask: ['GET', path] },
      { ask: ['PUT', `${path}.a.b`, { level: 'error' }] },
      { ask: ['PUT', path, { level: 'DEBUG' }] },
      { ask: ['PUT', path, {}] },
      { ask: ['PUT', path, { level: 'loud' }] },
      { ask: ['PUT', `${path}?scope=cluster`, { level: 'loud' }] },
      { ask: ['PUT', `${path}?scope=other`, { level: 'error' }] },
      { ask: ['PUT', `${path}?scope=cluster`, { level: 'TRACE' }] },
    ])
    await untilBoth(urls, path, ({ body }) => body.level === 'TRACE')
    for (const name of [path, `${path}.a.b`]) {
      const [theirs, own] = await Promise.all(
        [urls.connect, urls.tapline].map((url) => ask(url, ['GET', name])),
      )
      t.strictSame(undated(own as Answer), undated(theirs as Answer), name)
    }
  })

  await t.test('offsets of a source', async (t) => {
    const path = `${from}/offsets`
    const partition = { filename: source.file }
    const position = (value: unknown) => ({ offsets: [{ partition, offset: { position: value } }] })
    await compare(t, urls, [
      { ask: ['GET', '/connectors/nobody/offsets'] },
      { ask: ['PATCH', '/connectors/nobody/offsets', position(0)] },
      { ask: ['DELETE', '/connectors/nobody/offsets'] },
      { ask: ['PATCH', path, position(0)] },
      { ask: ['DELETE', path] },
      { ask: ['PUT', `${from}/stop`] },
    ])
    await untilBoth(urls, `${from}/status`, ({ body }) => body.connector.state === 'STOPPED')
    await untilBoth(urls, path, ({ body }) => body.offsets.length === 1)
    await compare(t, urls, [
      { ask: ['GET', path] },
      { ask: ['PATCH', path, {}] },
      { ask: ['PATCH', path, { offsets: [] }] },
      { ask: ['PATCH', path, { offsets: null }] },
      { ask: ['PATCH', path, []], ours: 400 },
      { ask: ['PATCH', path, { key: [] }], ours: 400 },
      { ask: ['PATCH', path, { offsets: {} }], ours: 400 },
      { ask: ['PATCH', path, { offsets: [123] }], ours: 400 },
      { ask: ['PATCH', path, { offsets: [{ key: 'val' }] }], ours: 400 },
      { ask: ['PATCH', path, { offsets: [{ partition: [] }] }], ours: 400 },
      { ask: ['PATCH', path, { offsets: [{ partition, offset: { position: [] } }] }], ours: 400 },
      { ask: ['PATCH', path, position('4')], ours: 400 },
      { ask: ['PATCH', path, position(-1)], ours: 400 },
      { ask: ['GET', path] },
      { ask: ['PATCH', path, position(4)] },
      { ask: ['GET', path] },
      { ask: ['PATCH', path, { offsets: [{ partition, offset: null }] }] },
      { ask: ['GET', path] },
      { ask: ['PATCH', path, position(8)] },
      { ask: ['DELETE', path] },
      { ask: ['GET', path] },
      { ask: ['DELETE', path] },
    ])
  })

  await t.test('offsets of a sink', async (t) => {
    const path = `${to}/offsets`
    const topic = sink.topics
    const patch = (partition: unknown, offset: unknown): Step => ({
      ask: ['PATCH', path, { offsets: [{ partition, offset }] }],
    })
    const first = { kafka_topic: topic, kafka_partition: 0 }
    await compare(t, urls, [patch(first, { kafka_offset: 1 }), { ask: ['PUT', `${to}/stop`] }])
    await untilBoth(urls, path, ({ body }) => body.offsets.length === 1)
    await untilBoth(urls, `${to}/status`, ({ body }) => body.connector.state === 'STOPPED')
    await compare(t, urls, [
      { ask: ['GET', path] },
      { ask: ['PATCH', path, { offsets: [{}] }] },
      patch({ kafka_topic: topic }, null),
      patch({ kafka_topic: null, kafka_partition: 0 }, null),
      patch({ kafka_topic: topic, kafka_partition: 'x' }, null),
      patch({ kafka_topic: topic, kafka_partition: null }, null),
      patch(first, { other: 1 }),
      patch(first, { kafka_offset: 'x' }),
      patch(first, { kafka_offset: 1 }),
      { ask: ['GET', path] },
      patch({ kafka_topic: topic, kafka_partition: '0' }, { kafka_offset: '2' }),
      { ask: ['GET', path] },
      patch({ kafka_topic: `none-${id}`, kafka_partition: 0 }, { kafka_offset: 0 }),
      patch(first, null),
      { ask: ['GET', path] },
      patch(first, { kafka_offset: 2 }),
      { ask: ['DELETE', path] },
      { ask: ['GET', path] },
      { ask: ['DELETE', path] },
    ])
  })
})
