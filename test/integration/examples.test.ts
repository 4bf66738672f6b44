import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'
import { startPostgres } from '../helpers/postgres.ts'
import { RunningWorker, until } from '../helpers/running-worker.ts'

interface Example {
  readonly name: string
  readonly config: Readonly<Record<string, string>>
}

interface Status {
  readonly connector: { readonly state: string }
  readonly tasks: readonly { readonly state: string; readonly trace?: string }[]
}

t.setTimeout(120_000)

// Examples name their files from the project's folder.
process.chdir(resolve(import.meta.dirname, '../..'))
const files = readdirSync('configs/examples')
const exampleOf = (file: string) =>
  JSON.parse(readFileSync(join('configs/examples', file), 'utf8')) as Example

t.test('what a README shows is the file that it names', async (t) => {
  const shown = /Also in `configs\/examples\/([^`]+)`:\n\n```json\n(.*?)```\n/gs
  const named = readdirSync('connectors').flatMap((connector) => {
    const readme = readFileSync(join('connectors', connector, 'README.md'), 'utf8')
    const examples = [...readme.matchAll(shown)]
    t.ok(examples.length > 0, `${connector} has an example`)
    for (const [, file = '', text] of examples)
      t.equal(text, readFileSync(join('configs/examples', file), 'utf8'), file)
    return examples.map(([, file]) => file)
  })
  const others = files.filter((file) => !file.startsWith('demo-'))
  t.strictSame(named.sort(), others.sort(), 'each is shown somewhere')
})

const postgres = await startPostgres(t)
if (postgres) {
  t.test('every example is valid and runs', async (t) => {
    const folder = t.testdir()
    const worker = await RunningWorker.start({
      dataDir: join(folder, 'data'),
      args: ['configs/worker.json'],
    })
    t.teardown(() => worker.kill('SIGKILL'))

    /** How much came out at its end, by example. */
    const counts = new Map<string, () => Promise<number>>()
    for (const file of files) {
      const { name, config } = exampleOf(file)
      const { topic } = config
      const target = join(folder, `${file}.lines`)
      const database = 'connection.url' in config ? await postgres.createDatabase() : null
      if (database) t.teardown(() => database.close())
      const mine = {
        ...config,
        ...database?.connection,
        ...(config['connector.class']?.includes('FileStreamSink') && { file: target }),
      }

      const path = `/connector-plugins/${config['connector.class']}/config/validate`
      const { status, body } = await worker.call('PUT', path, { ...mine, name })
      t.match({ status, body }, { status: 200, body: { error_count: 0 } }, `${file} is valid`)
      const created = await worker.call('POST', '/connectors', { name, config: mine })
      t.match(created, { status: 201, body: { name } }, `${file} is created`)

      counts.set(name, async () => {
        if (database) {
          const [table] = config['topics']?.split(',') ?? []
          return database
            .query(`SELECT count(*) AS n FROM "${table}"`)
            .then(([row]) => Number(row?.['n']))
            .catch(() => 0)
        }
        if (topic === undefined) return readFileSync(target, 'utf8').split('\n').length - 1
        const records = `/topics/${topic}/records?partition=0&from=latest&limit=1`
        const page = await worker.call<{ latest?: number }>('GET', records)
        return page.body.latest ?? 0
      })
    }
    for (const [name, count] of counts) {
      await until(`${name} to bring something`, count, (n) => n > 0)
      const { body } = await worker.call<Status>('GET', `/connectors/${name}/status`)
      const states = [body.connector, ...body.tasks].map(({ state }) => state)
      t.strictSame(states, ['RUNNING', 'RUNNING'], `${name}: ${body.tasks[0]?.trace ?? 'runs'}`)
    }
    t.equal(await worker.stop(), 0)
  })
}
