import t, { type Test } from 'tap'
import { ConnectException, RetriableException } from '../../runtime/api/index.ts'
import { BatchBuilder } from '../../runtime/log/batch/batch-builder.ts'
import type { LogRecord } from '../../runtime/log/log.ts'
import {
  numbers,
  type RigOptions,
  until,
  type WorkerRig,
  workerRig,
} from '../helpers/worker-rig.ts'

/** Records that cannot be carried: tried again, tolerated, logged, set aside, or the end of the task. */

t.setTimeout(300_000)

const string = 'org.apache.kafka.connect.storage.StringConverter'

/** Topic `in` with so many numbers, at a time and with a header that must survive. */
async function rigWith(t: Test, count: number, options: RigOptions = {}): Promise<WorkerRig> {
  const rig = await workerRig(t, { commitMs: 50, ...options })
  await fill(rig, numbers(count))
  return rig
}

const timeOf = (value: string) => 1000 + (Number(value) || 0)

async function fill(rig: WorkerRig, values: readonly string[]): Promise<void> {
  const builder = new BatchBuilder({ topic: 'in', partition: 0 })
  const headers = [{ key: 'origin', value: 'test' }]
  for (const value of values) builder.append(`k${value}`, value, timeOf(value), headers)
  await rig.log.append([builder.build()])
}

function refusing(values: string, more: Readonly<Record<string, string>> = {}) {
  return {
    'connector.class': 'ProbeSink',
    topics: 'in',
    transforms: 'refuse',
    'transforms.refuse.type': 'tapline.ProbeRefusal',
    'transforms.refuse.values': values,
    ...more,
  }
}

const tolerant = { 'errors.tolerance': 'all' }
const queue = { 'errors.deadletterqueue.topic.name': 'dlq' }

function put(rig: WorkerRig): string[] {
  return rig
    .journal('out')
    .filter(({ call }) => call === 'put')
    .flatMap(({ records = [] }) => records.map((record) => record.split('=')[1] ?? ''))
}

const committed = (rig: WorkerRig, offset: number) =>
  until(`a commit of ${offset}`, async () => (await rig.committed('out'))['in-0'] === offset)

async function letters(rig: WorkerRig): Promise<readonly LogRecord[]> {
  const { records } = await rig.log.read({ topic: 'dlq', partition: 0 }, 0, { records: 1000 })
  return records
}

const headersOf = ({ headers }: LogRecord) =>
  headers.map(({ key, value }): [string, string] => [key, String(value)])

const without = (count: number, ...gone: readonly string[]) =>
  numbers(count).filter((number) => !gone.includes(number))

const metric = async (rig: WorkerRig, connector: string, attribute: string) => {
  const name = `kafka_connect_task_error_metrics_${attribute.replaceAll('-', '_')}`
  const pattern = new RegExp(`^${name}\\{connector="${connector}",task="0"\\} (\\d+)$`, 'm')
  return Number(pattern.exec(await rig.metrics.render())?.[1])
}

t.test('tolerated records go to the dead letter queue as they were, with the story', async (t) => {
  const rig = await rigWith(t, 250)
  const secret = 'hunter2'
  await rig.start(
    'out',
    refusing('3,120', {
      ...tolerant,
      ...queue,
      'my.password': secret,
      'errors.deadletterqueue.context.headers.enable': 'true',
    }),
  )
  await committed(rig, 250)
  t.strictSame(put(rig), without(250, '3', '120'), 'all others, in order, each once')
  t.equal((await rig.log.describeTopic('dlq'))?.partitions, 1)
  const [first, second, ...more] = await letters(rig)
  t.equal(more.length, 0)
  t.match(first, { key: Buffer.from('k3'), value: Buffer.from('3'), timestamp: 1003 })
  t.match(second, { key: Buffer.from('k120'), value: Buffer.from('120'), timestamp: 1120 })
  const [kept, ...told] = headersOf(first as LogRecord)
  t.strictSame(kept, ['origin', 'test'])
  const errors = '__connect.errors.'
  t.strictSame(told.slice(0, 9), [
    [`${errors}topic`, 'in'],
    [`${errors}partition`, '0'],
    [`${errors}offset`, '3'],
    [`${errors}connector.name`, 'out'],
    [`${errors}task.id`, '0'],
    [`${errors}stage`, 'TRANSFORMATION'],
    [`${errors}class.name`, 'tapline.ProbeRefusal'],
    [`${errors}exception.class.name`, 'org.apache.kafka.connect.errors.DataException'],
    [`${errors}exception.message`, '3 is refused, whatever [hidden] says'],
  ])
  t.match(told[9], [`${errors}exception.stacktrace`, /^DataException: 3 is refused.*\n\s+at /])
  t.equal(told.length, 10)
  t.notMatch(JSON.stringify(told), secret)
  await until('metrics', async () => (await metric(rig, 'out', 'total-records-skipped')) === 2)
  for (const [attribute, value] of Object.entries({
    'total-record-failures': 2,
    'total-record-errors': 2,
    'total-retries': 0,
    'total-errors-logged': 0,
    'deadletterqueue-produce-requests': 2,
    'deadletterqueue-produce-failures': 0,
  })) {
    t.equal(await metric(rig, 'out', attribute), value, attribute)
  }
  t.ok((await metric(rig, 'out', 'last-error-timestamp')) > Date.now() - 300_000)
})

t.test('without context headers one header tells where the record was', async (t) => {
  const rig = await rigWith(t, 10)
  await fill(rig, ['{"broken'])
  await rig.start('out', {
    'connector.class': 'ProbeSink',
    topics: 'in',
    'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'value.converter.schemas.enable': 'false',
    ...tolerant,
    ...queue,
  })
  await committed(rig, 11)
  const [letter] = await letters(rig)
  t.strictSame(headersOf(letter as LogRecord), [
    ['origin', 'test'],
    [
      '__tapline.errors.origin',
      '{"topic":"in","partition":0,"offset":10,"connector":"out","task":0,"stage":"VALUE_CONVERTER"}',
    ],
  ])
  t.equal(String(letter?.value), '{"broken')
})

t.test('a record that fails a second time has both stories', async (t) => {
  const rig = await rigWith(t, 5)
  const told = { 'errors.deadletterqueue.context.headers.enable': 'true' }
  await rig.start('out', refusing('3', { ...tolerant, ...queue, ...told }))
  await committed(rig, 5)
  const again = { topics: 'dlq', 'errors.deadletterqueue.topic.name': 'dlq2' }
  await rig.start('again', refusing('3', { ...tolerant, ...told, ...again }))
  await until('the second letter', async () => (await rig.values('dlq2')).length === 1)
  const { records } = await rig.log.read({ topic: 'dlq2', partition: 0 }, 0, { records: 10 })
  const topics = headersOf(records[0] as LogRecord).filter(([key]) => key.endsWith('.topic'))
  t.strictSame(
    topics.map(([, value]) => value),
    ['in', 'dlq'],
  )
})

t.test(
  'with tolerance none the record is logged, set aside, and the task FAILS at it',
  async (t) => {
    const rig = await rigWith(t, 150)
    await rig.start(
      'out',
      refusing('120,121', {
        ...queue,
        'errors.log.enable': 'true',
        'errors.log.include.messages': 'true',
      }),
    )
    const { trace } = await rig.state('out', 'FAILED')
    t.match(
      trace,
      /Tolerance exceeded in error handler: Stage TRANSFORMATION refused the record at in-0@120: Transformation refuse \(tapline\.ProbeRefusal\): 120 is refused/,
    )
    await committed(rig, 120)
    t.strictSame(put(rig), numbers(120))
    t.strictSame(await rig.values('dlq'), ['120'])
    const logged = rig.lines.filter(({ message }) => message.startsWith('Error encountered'))
    t.match(logged, [
      {
        message:
          "Error encountered in task out-0. Executing stage 'TRANSFORMATION' with class 'tapline.ProbeRefusal', where consumed record is {topic='in', partition=0, offset=120, timestamp=1120, timestampType=CreateTime}.",
        fields: { err: { message: /^120 is refused/, stack: /DataException/ } },
      },
    ])
    t.equal(logged.length, 1)
  },
)

t.test('what a transformation wants tried again is tried; nothing overtakes it', async (t) => {
  const rig = await rigWith(t, 250)
  await rig.start(
    'out',
    refusing('0,150', {
      'transforms.refuse.retriable': 'true',
      'transforms.refuse.times': '2',
      'errors.retry.timeout': '-1',
      'errors.retry.delay.max.ms': '20',
    }),
  )
  await until('trouble', () => rig.worker.troubles().length > 0)
  t.match(rig.worker.troubles(), [{ message: /Converting or transforming a record: .* may be/ }])
  await committed(rig, 250)
  t.strictSame(put(rig), numbers(250))
  await until('metrics', async () => (await metric(rig, 'out', 'total-retries')) === 4)
  t.equal(await metric(rig, 'out', 'total-record-errors'), 0)
  await until('no trouble', () => rig.worker.troubles().length === 0)
})

t.test('out of retries the task FAILS, and with tolerance all it goes on', async (t) => {
  const rig = await rigWith(t, 100)
  const config = refusing('7', {
    'transforms.refuse.retriable': 'true',
    'errors.retry.timeout': '300',
    'errors.retry.delay.max.ms': '50',
  })
  await rig.start('out', config)
  const { trace } = await rig.state('out', 'FAILED')
  t.match(trace, /Tolerance exceeded.* in-0@7: .*7 may be tried again/)
  await committed(rig, 7)
  await rig.worker.stopTasks([{ connector: 'out', task: 0 }])
  await rig.start('out', { ...config, ...tolerant, ...queue })
  await committed(rig, 100)
  t.strictSame(put(rig), without(100, '7'))
  t.strictSame(await rig.values('dlq'), ['7'])
})

t.test('a stop does not wait for the retries of a record', async (t) => {
  const rig = await rigWith(t, 20)
  await rig.start(
    'out',
    refusing('7', { 'transforms.refuse.retriable': 'true', 'errors.retry.timeout': '-1' }),
  )
  await until('a few tries', () => (rig.worker.troubles()[0]?.attempt ?? 0) > 2)
  const began = performance.now()
  await rig.worker.stopTasks([{ connector: 'out', task: 0 }])
  t.ok(performance.now() - began < 2000, 'at once')
  t.strictSame(await rig.committed('out'), { 'in-0': 7 })
})

t.test('a partition that goes to another task while a record waits loses nothing', async (t) => {
  const rig = await workerRig(t, { commitMs: 50, partitions: 2 })
  await rig.log.createTopic({ topic: 'in', partitions: 2 })
  for (const partition of [0, 1]) {
    const builder = new BatchBuilder({ topic: 'in', partition })
    for (const number of numbers(100)) builder.append(null, number, 1)
    await rig.log.append([builder.build()])
  }
  const waiting = refusing('30', {
    'transforms.refuse.retriable': 'true',
    'errors.retry.timeout': '-1',
    'errors.retry.delay.max.ms': '50',
    'tasks.max': '2',
  })
  await rig.start('out', waiting, 0)
  await until('tries', () => (rig.worker.troubles()[0]?.attempt ?? 0) > 2)
  await rig.start('out', { ...waiting, 'transforms.refuse.values': 'none' }, 1)
  await until('the other task to commit', async () =>
    Object.values(await rig.committed('out')).includes(100),
  )
  await until('it goes on trying', () => (rig.worker.troubles()[0]?.attempt ?? 0) > 4)
  await rig.worker.stopTasks([{ connector: 'out', task: 0 }])
  await until('all', async () =>
    Object.values(await rig.committed('out')).every((offset) => offset === 100),
  )
  const entries = rig.journal('out').filter(({ call }) => call === 'put')
  for (const partition of [0, 1]) {
    const seen = entries
      .flatMap(({ records = [] }) => records)
      .filter((record) => record.startsWith(`in-${partition}@`))
      .map((record) => record.split('=')[1])
    t.strictSame(seen, numbers(100), `partition ${partition}: each once and in order`)
  }
})

t.test('records that put names are set aside; the others are not put again', async (t) => {
  const rig = await rigWith(t, 300)
  const bad = ['0', '150', '199', '299']
  await rig.start('out', {
    'connector.class': 'ProbeSink',
    topics: 'in',
    trouble: 'bad-records',
    'trouble.values': bad.join(),
    'errors.log.enable': 'true',
    'errors.deadletterqueue.context.headers.enable': 'true',
    ...tolerant,
    ...queue,
  })
  await committed(rig, 300)
  t.strictSame(put(rig), without(300, ...bad))
  t.strictSame(await rig.values('dlq'), bad)
  const [letter] = await letters(rig)
  const story = new Map(headersOf(letter as LogRecord))
  t.equal(story.get('__connect.errors.stage'), 'TASK_PUT')
  t.equal(story.get('__connect.errors.class.name'), 'org.apache.kafka.connect.sink.SinkTask')
  t.equal(story.get('__connect.errors.exception.message'), 'the target refuses 0')
  t.equal(rig.lines.filter(({ message }) => /stage 'TASK_PUT'/.test(message)).length, bad.length)
  const send = /sink_record_send_total\{connector="out",task="0"\} 296/
  await until('the count', async () => send.test(await rig.metrics.render()))
})

t.test(
  'with tolerance none they fail the task; nothing behind the first is committed',
  async (t) => {
    const rig = await rigWith(t, 300)
    await rig.start('out', {
      'connector.class': 'ProbeSink',
      topics: 'in',
      trouble: 'bad-records',
      'trouble.values': '150,170',
      ...queue,
    })
    const { trace } = await rig.state('out', 'FAILED')
    t.match(
      trace,
      /The sink refused the records at in-0@150, in-0@170: 2 of the records were refused/,
    )
    t.match(trace, /Caused by: DataException: the target refuses 150/)
    await committed(rig, 150)
    t.strictSame(await rig.values('dlq'), ['150', '170'])
  },
)

t.test('an error of put that names no record fails the task, whatever is tolerated', async (t) => {
  const rig = await rigWith(t, 50)
  await rig.start('out', {
    'connector.class': 'ProbeSink',
    topics: 'in',
    trouble: 'throw',
    ...tolerant,
    ...queue,
  })
  t.match((await rig.state('out', 'FAILED')).trace, /in-0@0-49: the target is not amused/)
  t.strictSame(await rig.committed('out'), {})
  t.strictSame(await letters(rig), [])
})

for (const trouble of ['bad-records', 'transformation'] as const) {
  t.test(`a queue that cannot be written holds the offsets (${trouble})`, async (t) => {
    const rig = await rigWith(t, 200, { threads: 0 })
    const append = rig.log.append.bind(rig.log)
    const seen = new Set<unknown>()
    let left = 4
    rig.log.append = async (batches) => {
      if (batches[0]?.topic !== 'dlq') return append(batches)
      seen.add(batches[0])
      t.ok(((await rig.committed('out'))['in-0'] ?? 0) <= 100, 'nothing of the batch counts')
      if (left-- > 0) throw new RetriableException('the disk is full', { afterMs: 80 })
      return append(batches)
    }
    const config = { ...tolerant, ...queue }
    const bad = {
      'connector.class': 'ProbeSink',
      topics: 'in',
      trouble: 'bad-records',
      'trouble.values': '150',
      ...config,
    }
    await rig.start('out', trouble === 'bad-records' ? bad : refusing('150', config))
    await committed(rig, 200)
    t.equal(seen.size, 1, 'the very same batch at each try')
    t.strictSame(put(rig), without(200, '150'), 'what was put is not put again')
    t.strictSame(await rig.values('dlq'), ['150'])
  })
}

t.test('a queue that refuses the record FAILS the task; a restart sets it aside', async (t) => {
  const rig = await rigWith(t, 50, { threads: 0 })
  const append = rig.log.append.bind(rig.log)
  rig.log.append = async (batches) => {
    if (batches[0]?.topic !== 'dlq') return append(batches)
    throw new ConnectException('the record is too large')
  }
  const config = refusing('20', { ...tolerant, ...queue })
  await rig.start('out', config)
  const { trace } = await rig.state('out', 'FAILED')
  t.match(trace, /Could not write 1 dead letters to topic dlq: the record is too large/)
  t.strictSame(await rig.committed('out'), {})
  rig.log.append = append
  await rig.worker.stopTasks([{ connector: 'out', task: 0 }])
  await rig.start('out', config)
  await committed(rig, 50)
  t.strictSame(await rig.values('dlq'), ['20'])
})

t.test('a queue that cannot be made FAILS the task before it reads anything', async (t) => {
  const rig = await rigWith(t, 10)
  await rig.start('out', refusing('2', { 'errors.deadletterqueue.topic.name': 'no such name' }))
  const { trace } = await rig.state('out', 'FAILED')
  t.match(trace, /Could not initialize dead letter queue with topic=no such name/)
  t.notOk(rig.journal('out').some(({ call }) => call === 'open'))
})

t.test('a source goes on without tolerated records, and their offsets count', async (t) => {
  const rig = await workerRig(t)
  await rig.start('from', {
    ...refusing('0,7,999', tolerant),
    'connector.class': 'ProbeSource',
    topic: 'numbers',
    'value.converter': string,
    'errors.log.enable': 'true',
    'errors.log.include.messages': 'true',
  })
  await until('the last offset', () => rig.journal('from').some(({ next }) => next === 1000))
  await until('all', async () => (await rig.values('numbers')).length === 997)
  t.strictSame(await rig.values('numbers'), without(1000, '0', '7', '999'))
  const stored = async () => (await rig.store.read('from', { probe: 'from-0' }))?.['next']
  await until('the offset of the skipped', async () => (await stored()) === 1000)
  const logged = rig.lines
    .map(({ message }) => message)
    .filter((message) => message.startsWith('Error encountered'))
  t.equal(logged.length, 3)
  t.match(
    logged[1],
    /^Error encountered in task from-0\. Executing stage 'TRANSFORMATION' with class 'tapline\.ProbeRefusal', where source record is = \{.*"sourceOffset":\{"next":8\}.*\}\.$/,
  )
})

t.test('a source tries again in order, and FAILS where nothing is tolerated', async (t) => {
  const rig = await workerRig(t)
  const retrying = {
    'connector.class': 'ProbeSource',
    topic: 'numbers',
    'transforms.refuse.retriable': 'true',
    'errors.retry.delay.max.ms': '20',
  }
  await rig.start('from', {
    ...refusing('0,150', { 'transforms.refuse.times': '3', 'errors.retry.timeout': '60000' }),
    ...retrying,
  })
  await until('all', async () => (await rig.values('numbers')).length === 1000)
  t.strictSame(await rig.values('numbers'), numbers(1000))
  await rig.start('other', {
    ...refusing('150', { 'errors.retry.timeout': '200' }),
    ...retrying,
    topic: 'others',
  })
  const { trace } = await rig.state('other', 'FAILED')
  t.match(trace, /Tolerance exceeded.*source partition.*"next":151/)
  t.strictSame(await rig.values('others'), numbers(150))
})
