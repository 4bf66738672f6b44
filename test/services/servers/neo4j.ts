import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cached } from '../cache.ts'
import { answersHttp } from '../exchange.ts'
import { jdk } from '../jdk.ts'
import { mavenJars } from '../maven.ts'
import { properties } from '../properties.ts'
import type { Launch, Place, ServerKind } from '../server.ts'

const version = '5.26.30'
const password = 'neo4jtest1'

/** Community. `url` is Bolt's; `info`: `http`, `user`, `password`. */
export const neo4j: ServerKind = {
  name: 'neo4j',
  install: async () => {
    await jdk(17)
    await jars()
  },
  launch,
}

function jars(): Promise<string> {
  const artifacts = [`org.neo4j:neo4j:${version}`, `org.neo4j.app:neo4j-server:${version}`]
  return cached(`neo4j-${version}`, (folder) => mavenJars(artifacts, folder))
}

async function launch(place: Place): Promise<Launch> {
  const { folder, options } = place
  const { heap = '256m', flags = [] } = options
  const bolt = await place.port('bolt')
  const http = `http://127.0.0.1:${await place.port('http')}`
  const { java } = await jdk(17)
  const folders = ['conf', 'data', 'logs', 'run', 'plugins', 'import', 'licenses']
  for (const name of folders) await mkdir(join(folder, name), { recursive: true })
  const settings = { ...basics(bolt, http), ...options.settings }
  await writeFile(join(folder, 'conf/neo4j.conf'), properties(settings))
  const opened = ['java.nio', 'java.io', 'java.lang', 'java.util.concurrent', 'sun.nio.ch']
  const isProtected = settings['dbms.security.auth_enabled'] === 'true'
  return {
    service: {
      name: 'neo4j',
      host: '127.0.0.1',
      port: bolt,
      url: `bolt://127.0.0.1:${bolt}`,
      info: { http, user: 'neo4j', password, version },
    },
    command: java,
    arguments: [
      ...[`-Xms${heap}`, `-Xmx${heap}`, '-XX:+UseSerialGC'],
      ...opened.map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`),
      ...['-cp', join(await jars(), '*'), 'org.neo4j.server.CommunityEntryPoint'],
      ...[`--home-dir=${folder}`, `--config-dir=${join(folder, 'conf')}`, ...flags],
    ],
    isReady: () => answersHttp(`${http}/`),
    ...(isProtected && { afterStart: () => setPassword(http) }),
  }
}

function basics(bolt: number, http: string): Record<string, string> {
  return {
    'server.default_listen_address': '127.0.0.1',
    'server.bolt.listen_address': `127.0.0.1:${bolt}`,
    'server.bolt.advertised_address': `127.0.0.1:${bolt}`,
    'server.http.listen_address': new URL(http).host,
    'server.http.advertised_address': new URL(http).host,
    'server.https.enabled': 'false',
    'dbms.security.auth_enabled': 'true',
    'dbms.usage_report.enabled': 'false',
    'server.memory.pagecache.size': '64m',
    // 512 MB of empty logs otherwise.
    'db.tx_log.preallocate': 'false',
    // A stop takes 10 s otherwise.
    'internal.server.bolt.connection_shutdown_wait_time': '100ms',
    'internal.server.bolt.thread_pool_shutdown_wait_time': '100ms',
  }
}

/** The first log-in must change it; on used data that is refused, and the new one holds. */
async function setPassword(http: string): Promise<void> {
  await query(http, 'neo4j', {
    database: 'system',
    statement: `ALTER CURRENT USER SET PASSWORD FROM 'neo4j' TO '${password}'`,
  })
  const answer = await query(http, password, { database: 'neo4j', statement: 'RETURN 1' })
  if (!answer.includes('"errors":[]')) throw new Error(`neo4j refuses the log-in: ${answer}`)
}

async function query(
  http: string,
  secret: string,
  { database, statement }: { readonly database: string; readonly statement: string },
): Promise<string> {
  const answer = await fetch(`${http}/db/${database}/tx/commit`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Basic ${Buffer.from(`neo4j:${secret}`).toString('base64')}`,
    },
    body: JSON.stringify({ statements: [{ statement }] }),
  })
  return answer.text()
}
