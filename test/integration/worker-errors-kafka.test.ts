import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openKafka } from '../helpers/kafka-log.ts'
import { randomName } from '../helpers/postgres.ts'
import { pageAll } from '../helpers/read-log.ts'
import { RunningWorker, until } from '../helpers/running-worker.ts'
import { service } from '../helpers/services.ts'
import { writeWorkerFile } from '../helpers/worker-file.ts'

/** Dead letters on a real broker: the topic is made, and written by a producer of its own. */

t.setTimeout(300_000)

const kafka = await service(t, 'kafka')

if (kafka) {
  const bootstrap = kafka.url ?? ''
  const log = await openKafka(bootstrap)
  t.teardown(() => log.close())

  t.test('a sink on Kafka sets bad records aside and commits past them', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'tapline-errors-kafka-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    const [group, topic, dlq] = [randomName('workers'), randomName('lines'), randomName('dlq')]
    const [input, output] = [join(folder, 'input.txt'), join(folder, 'output.txt')]
    const isBad = (n: number) => n % 97 === 5
    const line = (n: number) => (isBad(n) ? `{"broken ${n}` : `${n}`)
    const all = Array.from({ length: 1000 }, (_, n) => n)
    writeFileSync(input, all.map((n) => `${line(n)}\n`).join(''))
    const file = writeWorkerFile(join(folder, 'worker.properties'), {
      bootstrap,
      group,
      more: { 'offset.flush.interval.ms': '500' },
    })
    const worker = await RunningWorker.start({ dataDir: join(folder, 'data'), args: [file] })
    t.teardown(() => worker.kill('SIGKILL'))
    await worker.put('in', { 'connector.class': 'FileStreamSource', file: input, topic })
    const config = {
      'connector.class': 'FileStreamSink',
      topics: topic,
      file: output,
      'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
      'value.converter.schemas.enable': 'false',
      'errors.tolerance': 'all',
      'errors.deadletterqueue.topic.name': dlq,
      'errors.deadletterqueue.context.headers.enable': 'true',
      'producer.override.compression.type': 'zstd',
    }
    const state = async () => {
      const { body } = await worker.call<{ tasks: { state: string; trace?: string }[] }>(
        'GET',
        '/connectors/out/status',
      )
      return body.tasks?.[0]
    }

    await worker.put('out', config)
    // One broker keeps no three copies, which are the default.
    const failed = await until('the task to fail', state, (task) => task?.state === 'FAILED')
    t.match(failed?.trace, new RegExp(`Could not initialize dead letter queue with topic=${dlq}`))
    t.match(failed?.trace, /errors\.deadletterqueue\.topic\.replication\.factor/)
    t.notOk(existsSync(output))

    await worker.put('out', {
      ...config,
      'errors.deadletterqueue.topic.replication.factor': '1',
    })
    const bad = all.filter(isBad).map(line)
    const letters = await until(
      'the dead letters',
      async () => ((await log.describeTopic(dlq)) ? pageAll(log, dlq) : []),
      (found) => found.length >= bad.length,
    )
    t.strictSame(
      letters.map(({ value }) => String(value)),
      bad,
    )
    t.equal((await log.describeTopic(dlq))?.partitions, 1)
    const story = new Map(letters[0]?.headers.map(({ key, value }) => [key, String(value)]))
    t.match(Object.fromEntries(story), {
      '__connect.errors.topic': topic,
      '__connect.errors.offset': '5',
      '__connect.errors.connector.name': 'out',
      '__connect.errors.stage': 'VALUE_CONVERTER',
      '__connect.errors.class.name': 'org.apache.kafka.connect.json.JsonConverter',
    })
    await until(
      'the group to know all',
      () => log.groupOffsets('connect-out'),
      (offsets) => offsets.find((each) => each.topic === topic)?.offset === all.length,
    )
    t.equal(readFileSync(output, 'utf8').split('\n').length - 1, all.length - bad.length)
    t.equal(await worker.stop(), 0)
  })
}
