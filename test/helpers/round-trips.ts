import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { runCommand } from '../services/run-command.ts'
import type { Service } from '../services/server.ts'

/** Per server: something stored and read again (a tool: something done), by a client that is no part of Tapline. Gives what it read. */
export const roundTrips: Readonly<Record<string, (service: Service) => Promise<string>>> = {
  kafka: async ({ url = '', info }) => {
    const java = ['-Xmx64m', '-cp', info['classPath']!]
    const tool = (name: string, args: readonly string[], input?: string) =>
      runCommand(info['java']!, [...java, `org.apache.kafka.tools.${name}`, ...args], {
        ...(input && { input }),
      })
    const topic = ['--bootstrap-server', url, '--topic', 'trip']
    await tool('TopicCommand', [...topic, '--create', '--partitions', '2'])
    await tool('ConsoleProducer', topic, 'hello\n')
    return tool('consumer.ConsoleConsumer', [...topic, '--from-beginning', '--max-messages', '1'])
  },
  connect: async ({ url = '', info }) => {
    const [from, to] = ['from.txt', 'to.txt'].map((name) => join(info['folder']!, name))
    await writeFile(from!, 'hello\n')
    const connectors = { Source: { file: from, topic: 'trip' }, Sink: { file: to, topics: 'trip' } }
    for (const [kind, keys] of Object.entries(connectors)) {
      const config = {
        'connector.class': `org.apache.kafka.connect.file.FileStream${kind}Connector`,
        'value.converter': 'org.apache.kafka.connect.storage.StringConverter',
        ...keys,
      }
      await json(`${url}/connectors`, { body: { name: kind, config } })
    }
    for (let i = 0; i < 600; i++) {
      const read = await readFile(to!, 'utf8').catch(() => '')
      if (read !== '') return read
      await sleep(100)
    }
    return JSON.stringify(await json(`${url}/connectors?expand=status`))
  },
  postgres: async ({ port, info }) => {
    const { user, password } = info as { user: string; password: string }
    const client = new pg.Client({ host: '127.0.0.1', port, user, password, database: 'postgres' })
    await client.connect()
    try {
      await client.query("CREATE TABLE trip AS SELECT 'hello' AS word")
      return (await client.query('SELECT word FROM trip')).rows[0].word
    } finally {
      await client.end()
    }
  },
  'elasticsearch-9': elasticsearch,
  'elasticsearch-8': elasticsearch,
  neo4j: async ({ info }) => {
    const authorization = `Basic ${btoa(`${info['user']}:${info['password']}`)}`
    const statement = "CREATE (n:Trip {word: 'hello'}) RETURN n.word"
    const body = { statements: [{ statement }] }
    const answer = await json(`${info['http']}/db/neo4j/tx/commit`, { body, authorization })
    return (answer as { results: { data: { row: string[] }[] }[] }).results[0]!.data[0]!.row[0]!
  },
  mongodb: ({ url = '', info }) => {
    const program = `import pymongo
words = pymongo.MongoClient('${url}').trips.words
words.insert_one({'word': 'hello'})
print(words.find_one()['word'])`
    return runCommand(info['python']!, ['-c', program], {
      env: { PYTHONPATH: info['pythonPath']! },
    })
  },
  'schema-registry': async ({ url = '' }) => {
    const schema = JSON.stringify({ type: 'record', name: 'hello', fields: [] })
    const versions = `${url}/subjects/trip-value/versions`
    const { id } = (await json(versions, { body: { schema } })) as { id: number }
    const found = (await json(`${url}/schemas/ids/${id}`)) as { schema: string }
    const { compatibilityLevel } = (await json(`${url}/config`)) as { compatibilityLevel: string }
    return compatibilityLevel === 'BACKWARD' ? found.schema : compatibilityLevel
  },
  redis: async ({ port, info }) => {
    const cli = (...args: string[]) => runCommand(info['cli']!, ['-p', String(port), ...args])
    await cli('SET', 'word', 'hello')
    return cli('GET', 'word')
  },
  mariadb: ({ port, info }) => {
    const login = ['--no-defaults', '--protocol=tcp', '-h127.0.0.1', `-P${port}`, '-uroot', 'test']
    const sql =
      "CREATE TABLE trip (word TEXT); INSERT INTO trip VALUES ('hello'); SELECT word FROM trip"
    return runCommand(info['client']!, [...login, '-N', '-e', sql])
  },
  tshark: async ({ info }) => {
    const file = 'configs/captures/eth-dns.pcap'
    const packets = await runCommand(info['tshark']!, ['-r', file, '-T', 'fields', '-e', 'dns.id'])
    const facts = await runCommand(info['capinfos']!, ['-c', '-M', '-T', '-r', file])
    await runCommand(info['dumpcap']!, ['--version'])
    return packets.trim().split('\n').length === Number(facts.split('\t')[1]) ? 'hello' : facts
  },
  kcat: async ({ info }) =>
    (await runCommand(info['kcat']!, ['-V'])).includes('librdkafka') ? 'hello' : '',
  chromium: ({ info }) =>
    runCommand(info['chromium']!, [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--dump-dom', 'data:text/html,hello'],
    ]),
}

async function elasticsearch({ url = '', info }: Service): Promise<string> {
  const { version } = (await json(`${url}/`)) as { version: { number: string } }
  const head = await fetch(`${url}/`, { method: 'HEAD' })
  if (version.number !== info['version'] || head.status !== 200) return version.number
  await json(`${url}/trip/_doc/1?refresh=true`, { body: { word: 'hello' } })
  const found = (await json(`${url}/trip/_doc/1`)) as { _source: { word: string } }
  return found._source.word
}

async function json(
  url: string,
  { body, authorization }: { readonly body?: object; readonly authorization?: string } = {},
): Promise<unknown> {
  const answer = await fetch(url, {
    method: body ? 'POST' : 'GET',
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(authorization && { authorization }),
    },
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}: ${text}`)
  return JSON.parse(text)
}
