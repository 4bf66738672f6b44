import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { ConnectException, Password } from '../../../runtime/api/index.ts'
import { JsonLogger, type JsonLoggerOptions } from '../../../runtime/logging/json-logger.ts'

interface Line {
  readonly level: string
  readonly time: string
  readonly msg: string
  readonly [field: string]: unknown
}

function capture(options: JsonLoggerOptions = {}): { logger: JsonLogger; lines: () => Line[] } {
  const written: string[] = []
  const destination = { write: (line: string) => written.push(line) }
  const logger = JsonLogger.create({ ...options, destination })
  return { logger, lines: () => written.map((line) => JSON.parse(line) as Line) }
}

t.test('a line is one JSON object: level, time, fields, message', async (t) => {
  const { logger, lines } = capture()
  logger.info({ connector: 'a', records: 5, big: 2n ** 60n }, 'flushed')
  const [line] = lines()
  t.match(line, { level: 'info', connector: 'a', records: 5, msg: 'flushed' })
  t.equal(line?.['big'], '1152921504606846976')
  t.equal(new Date(line?.time ?? '').toISOString(), line?.time)
})

t.test('a child carries its fields, and its own children more', async (t) => {
  const { logger, lines } = capture()
  logger.child({ connector: 'a' }).child({ task: 1 }).error({ n: 1 }, 'failed')
  t.match(lines()[0], { level: 'error', connector: 'a', task: 1, n: 1 })
})

t.test('what is below the level is not written', async (t) => {
  const { logger, lines } = capture({ level: 'warn' })
  logger.debug({}, 'no')
  logger.info({}, 'no')
  logger.warn({}, 'yes')
  logger.error({}, 'yes')
  t.strictSame(
    lines().map(({ level }) => level),
    ['warn', 'error'],
  )
})

t.test('errors show type, code, hint, stack and causes', async (t) => {
  const { logger, lines } = capture()
  const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
  logger.error({ err: new ConnectException('no answer', { hint: 'look', cause }) }, 'failed')
  t.match(lines()[0]?.['err'], {
    type: 'ConnectException',
    code: 'CONNECT_ERROR',
    message: 'no answer',
    hint: 'look',
    stack: /json-logger\.test\.ts/,
    cause: { type: 'Error', code: 'ECONNREFUSED', message: 'refused' },
  })
})

t.test('secrets are hidden wherever they stand', async (t) => {
  const { logger, lines } = capture()
  const secret = 'hunter2'
  const config = {
    'connection.password': secret,
    'connection.url': `postgres://user:${secret}@db/x`,
    apiKey: secret,
    auth: { token: secret, accessKey: secret },
    list: [{ 'sasl.jaas.config': `module password="${secret}"` }],
    parsed: new Password(secret),
    map: new Map([['secret', secret]]),
    client: { headers: { authorization: `Bearer ${secret}` } },
  }
  const err = new Error(`connect to mysql://root:${secret}@db failed: password=${secret}`)
  Object.assign(err, { config })
  logger.child({ password: secret }).error({ ...config, err, config }, `password=${secret}`)
  const [line] = lines()
  t.notMatch(JSON.stringify(line), secret)
  t.match(line, { 'connection.url': 'postgres://user:[hidden]@db/x', parsed: '[hidden]' })
})

t.test('ordinary fields are no secrets', async (t) => {
  const { logger, lines } = capture()
  const fields = { key: 'k', partition: 3, 'key.converter': 'Json', tasks: 2, password: true }
  logger.info(fields, 'started')
  t.match(lines()[0], fields)
})

t.test('a field of any size or shape leaves a bounded line', async (t) => {
  const { logger, lines } = capture()
  const loop: Record<string, unknown> = { bytes: Buffer.alloc(1 << 20) }
  loop['self'] = loop
  logger.info({ loop, text: 'x'.repeat(1 << 20), list: Array(100_000).fill(1) }, 'large')
  t.ok(JSON.stringify(lines()[0]).length < 50_000)
  t.match(lines()[0], { loop: { bytes: '1048576 bytes', self: { self: {} } } })
})

t.test('a warning that repeats is sampled and counted, each kind for itself', async (t) => {
  const { logger, lines } = capture({ sampling: { burst: 2, windowMs: 50 } })
  const task = logger.child({ connector: 'a', task: 0 })
  for (let i = 0; i < 10; i++) task.warn({ i }, 'retrying')
  task.warn({}, 'something else')
  logger.child({ connector: 'b' }).warn({}, 'retrying')
  for (let i = 0; i < 3; i++) logger.error({}, 'failed')
  t.strictSame(
    lines().map(({ msg, i }) => [msg, i]),
    [
      ['retrying', 0],
      ['retrying', 1],
      ['something else', undefined],
      ['retrying', undefined],
      ['failed', undefined],
      ['failed', undefined],
      ['failed', undefined],
    ],
  )
  while (lines().length < 8) await delay(10)
  t.match(lines()[7], { level: 'warn', connector: 'a', task: 0, withheld: 8, msg: 'retrying' })
  task.warn({ i: 11 }, 'retrying')
  t.match(lines()[8], { i: 11 }, 'a new window begins')
})

t.test('flush tells at once what is withheld', async (t) => {
  const { logger, lines } = capture({ sampling: { burst: 1 } })
  for (let i = 0; i < 4; i++) logger.warn({}, 'again')
  t.equal(lines().length, 1)
  logger.flush()
  t.match(lines()[1], { withheld: 3, windowMs: 60_000 })
  logger.flush()
  t.equal(lines().length, 2)
})

t.test(
  'standard output holds every line, of threads too, though the process ends at once',
  async (t) => {
    const url = new URL('../../../runtime/logging/json-logger.ts', import.meta.url)
    const dir = t.testdir({
      'main.mts': `
      import { Worker, isMainThread } from 'node:worker_threads'
      import { JsonLogger } from '${url}'
      const logger = JsonLogger.create().child({ main: isMainThread })
      if (isMainThread) {
        const worker = new Worker(new URL(import.meta.url))
        await new Promise((resolve) => worker.once('exit', resolve))
      }
      for (let i = 0; i < 500; i++) logger.info({ i }, 'line')
      process.exit(0)
    `,
    })
    const child = spawn(process.execPath, [`${dir}/main.mts`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const lines = (await text(child.stdout))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    t.equal(lines.filter(({ main }) => main).length, 500)
    t.equal(lines.filter(({ main }) => !main).length, 500)
  },
)

t.test('a reader that goes away does not end the writer', async (t) => {
  const url = new URL('../../../runtime/logging/json-logger.ts', import.meta.url)
  const dir = t.testdir({
    'main.mts': `
      import { JsonLogger } from '${url}'
      const logger = JsonLogger.create()
      logger.info({}, 'first')
      process.stdin.once('data', () => {
        for (let i = 0; i < 100; i++) logger.info({}, 'unheard')
        process.exit(7)
      })
    `,
  })
  const child = spawn(process.execPath, [`${dir}/main.mts`], { stdio: ['pipe', 'pipe', 'inherit'] })
  const exit = new Promise((resolve) => child.once('exit', resolve))
  child.stdout.once('data', () => {
    child.stdout.destroy()
    child.stdin.end('go')
  })
  t.equal(await exit, 7)
})

t.test('each logger has a level by its name, which can be changed', async (t) => {
  const { logger, lines } = capture()
  const [rest, log] = [logger.named('rest'), logger.named('log')]
  const { levels } = logger
  t.strictSame(Object.keys(levels.all()), ['log', 'rest', 'root'])
  t.strictSame(levels.level('rest'), { level: 'INFO', last_modified: null })
  t.equal(levels.level('other'), undefined)

  t.strictSame(levels.set('rest', 'debug'), ['rest'])
  rest.debug({}, 'yes')
  rest.child({ a: 1 }).debug({}, 'its child too')
  log.debug({}, 'no')
  logger.debug({}, 'no')
  const changed = levels.level('rest')?.last_modified
  t.type(changed, 'number')
  t.strictSame(levels.set('rest', 'DEBUG'), [])
  t.equal(levels.level('rest')?.last_modified, changed, 'only a change is one')

  t.strictSame(levels.set('connectors.a', 'TRACE'), ['connectors.a'])
  log.debug({ connector: 'a' }, 'of the connector')
  log.debug({ connector: 'b' }, 'no')
  t.strictSame(levels.set('connectors', 'ERROR'), ['connectors', 'connectors.a'])
  log.warn({ connector: 'b' }, 'no')
  log.error({ connector: 'b' }, 'an error')
  t.strictSame(levels.set('ro', 'OFF'), ['ro', 'root'], 'by the beginning of the name')
  logger.error({}, 'no')
  log.error({}, 'no')
  rest.debug({}, 'has its own')
  t.equal(levels.set('root', 'INFO')?.length, 6, 'root means all')
  log.info({}, 'again')
  t.equal(levels.set('root', 'LOUD'), undefined)
  t.strictSame(
    lines().map(({ msg }) => msg),
    ['yes', 'its child too', 'of the connector', 'an error', 'has its own', 'again'],
  )
})
