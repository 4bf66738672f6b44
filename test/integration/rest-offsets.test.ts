import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { randomName } from '../helpers/postgres.ts'
import { RunningWorker, until } from '../helpers/running-worker.ts'
import { service } from '../helpers/services.ts'
import { writeWorkerFile } from '../helpers/worker-file.ts'

/** Offsets that were changed over REST are those that a connector goes on from, on either log. */

t.setTimeout(180_000)

const text = 'org.apache.kafka.connect.storage.StringConverter'

async function proof(t: Test, start: (folder: string) => Promise<RunningWorker>): Promise<void> {
  const folder = t.testdir({ in: 'one\ntwo\nthree\n' })
  const worker = await start(folder)
  t.teardown(() => worker.kill('SIGKILL'))
  const output = join(folder, 'out')
  const [source, sink, topic] = ['source', 'sink', 'lines'].map((name) => randomName(name))
  const written = (wanted: string) =>
    until(
      wanted,
      async () => (existsSync(output) ? readFileSync(output, 'utf8') : ''),
      (found) => found === wanted,
    )
  const call = async (method: string, path: string, body?: unknown) => {
    const { status, body: answer } = await worker.call(method, path, body)
    return { status, answer }
  }
  const turn = async (name: string, verb: 'stop' | 'resume', state: string) => {
    await call('PUT', `/connectors/${name}/${verb}`)
    await until(
      `${name} ${state}`,
      async () => JSON.stringify((await call('GET', `/connectors/${name}/status`)).answer),
      (shown) => shown.includes(`"connector":{"state":"${state}"`),
    )
  }
  await worker.put(source as string, {
    'connector.class': 'FileStreamSource',
    file: join(folder, 'in'),
    topic: topic as string,
    'value.converter': text,
  })
  await worker.put(sink as string, {
    'connector.class': 'FileStreamSink',
    file: output,
    topics: topic as string,
    'value.converter': text,
  })
  await written('one\ntwo\nthree\n')

  const partition = { filename: join(folder, 'in') }
  const from = `/connectors/${source}/offsets`
  const at = (position: number) => ({ offsets: [{ partition, offset: { position } }] })
  await turn(source as string, 'stop', 'STOPPED')
  t.strictSame((await call('GET', from)).answer, at(14))
  t.equal((await call('PATCH', from, at(8))).status, 200)
  t.strictSame((await call('GET', from)).answer, at(8))
  await turn(source as string, 'resume', 'RUNNING')
  await written('one\ntwo\nthree\nthree\n')

  const to = `/connectors/${sink}/offsets`
  const place = { kafka_topic: topic, kafka_partition: 0 }
  const next = (kafka_offset: number) => ({
    offsets: [{ partition: place, offset: { kafka_offset } }],
  })
  await turn(sink as string, 'stop', 'STOPPED')
  t.strictSame((await call('GET', to)).answer, next(4))
  writeFileSync(output, '')
  t.equal((await call('PATCH', to, next(2))).status, 200)
  t.strictSame((await call('GET', to)).answer, next(2))
  await turn(sink as string, 'resume', 'RUNNING')
  await written('three\nthree\n')
  await turn(sink as string, 'stop', 'STOPPED')
  writeFileSync(output, '')
  t.equal((await call('DELETE', to)).status, 200)
  t.strictSame((await call('GET', to)).answer, { offsets: [] })
  await turn(sink as string, 'resume', 'RUNNING')
  await written('one\ntwo\nthree\nthree\n')

  await turn(source as string, 'stop', 'STOPPED')
  t.equal((await call('DELETE', from)).status, 200)
  t.strictSame((await call('GET', from)).answer, { offsets: [] })
  await turn(source as string, 'resume', 'RUNNING')
  await written('one\ntwo\nthree\nthree\none\ntwo\nthree\n')
  t.equal(await worker.stop(), 0)
}

t.test('on the embedded log', (t) =>
  proof(t, (folder) => RunningWorker.start({ dataDir: join(folder, 'data') })),
)

t.test('on Kafka', async (t) => {
  const kafka = await service(t, 'kafka')
  if (kafka === undefined) return
  await proof(t, (folder) => {
    const file = writeWorkerFile(join(folder, 'worker.properties'), {
      bootstrap: kafka.url ?? '',
      group: randomName('workers'),
    })
    return RunningWorker.start({ dataDir: join(folder, 'data'), args: [file] })
  })
})
