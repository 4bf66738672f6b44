import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { RunningWorker, until } from '../helpers/running-worker.ts'

t.setTimeout(120_000)

interface Status {
  readonly connector: { readonly state: string; readonly trace?: string }
  readonly tasks: readonly { readonly state: string; readonly trace?: string }[]
}

t.test('secrets stay where they are kept', async (t) => {
  const canary = 'canary-c0ffee-secret'
  const folder = t.testdir({ 'secrets.properties': '' })
  const secrets = join(folder, 'secrets.properties')
  const input = join(folder, `in-${canary}`)
  writeFileSync(secrets, `file=${input}\nmissing=/nowhere/${canary}/x\nodd=${canary}\n`)
  const workerFile = join(folder, 'worker.json')
  const settings = {
    'config.providers': 'file,env',
    'config.providers.file.class': 'FileConfigProvider',
    'config.providers.file.param.allowed.paths': folder,
    'config.providers.env.class': 'EnvVarConfigProvider',
    'log.level': 'debug',
  }
  writeFileSync(workerFile, JSON.stringify(settings))
  const worker = await RunningWorker.start({
    dataDir: join(folder, 'data'),
    args: [workerFile],
    env: { SINK_FILE: join(folder, `none-${canary}`, 'x', 'out') },
  })
  t.teardown(() => worker.kill('SIGKILL'))
  /** Whatever the worker says over REST or in its log is looked through. */
  const said: string[] = []
  const call = async <T>(method: string, path: string, body?: unknown) => {
    const answer = await worker.call<T>(method, path, body)
    said.push(JSON.stringify(answer.body))
    return answer
  }
  const untilState = (name: string, wanted: string) =>
    until(
      `${name} ${wanted}`,
      async () => (await call<Status>('GET', `/connectors/${name}/status`)).body,
      ({ tasks }) => tasks?.[0]?.state === wanted,
    )
  const ref = (key: string) => `\${file:${secrets}:${key}}`
  const text = 'org.apache.kafka.connect.storage.StringConverter'
  const source = {
    'connector.class': 'FileStreamSource',
    file: ref('file'),
    topic: 'lines',
    'value.converter': text,
  }
  writeFileSync(input, 'one\n')
  t.match(await call('PUT', '/connectors/source/config', source), { status: 201 })
  await untilState('source', 'RUNNING')
  await until(
    'a record',
    async () => (await call<{ records?: unknown[] }>('GET', '/topics/lines/records')).body,
    ({ records }) => records?.length === 1,
  )
  t.match((await call('GET', '/connectors/source')).body, { config: source })
  t.match((await call('GET', '/connectors/source/tasks')).body, [{ config: { file: ref('file') } }])
  appendFileSync(input, 'two\n')

  const sink = {
    'connector.class': 'FileStreamSink',
    topics: 'lines',
    file: '$'.concat('{env:SINK_FILE}'),
    'value.converter': text,
  }
  t.match(await call('PUT', '/connectors/sink/config', sink), { status: 201 })
  const failed = await untilState('sink', 'FAILED')
  t.match(failed.tasks[0]?.trace, /\[hidden\]/, 'the trace speaks of the file')

  const validate = '/connector-plugins/FileStreamSource/config/validate'
  for (const [key, reference] of [
    ['batch.size', ref('odd')],
    ['transforms.a.type', ref('odd')],
    ['topic', `x${ref('odd')}`],
  ] as const) {
    const config = { ...source, transforms: 'a', [key]: reference }
    await call('PUT', validate, config)
    await call('PUT', '/connectors/wrong/config', config)
  }
  const unreadable = { ...source, file: `\${file:${folder}/none:x}` }
  t.match(await call('PUT', '/connectors/source/config', unreadable), {
    status: 500,
    body: { message: `Could not read properties from file ${folder}/none` },
  })
  for (const path of ['/metrics', '/connectors?expand=info&expand=status', '/connectors/sink'])
    await call('GET', path)
  for (const name of ['connect-configs', 'connect-statuses'])
    for (const partition of [0, 1, 2, 3, 4])
      await call('GET', `/topics/${name}/records?partition=${partition}&limit=1000`)
  t.equal(await worker.stop(), 0)

  const everything = [...said, ...worker.lines]
  t.strictSame(
    everything.filter((line) => line.includes(canary)),
    [],
    'nobody says the secret',
  )
  t.ok(everything.some((line) => line.includes('[hidden]')))
})
