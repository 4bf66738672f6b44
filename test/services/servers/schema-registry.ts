import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { cached } from '../cache.ts'
import { answersHttp } from '../exchange.ts'
import { findJdk, type Jdk, jdk } from '../jdk.ts'
import { mavenFile } from '../maven.ts'
import { runCommand } from '../run-command.ts'
import type { Launch, Place, ServerKind } from '../server.ts'

/** Apicurio, with the REST API of Confluent's registry at `url`; in memory, compatibility BACKWARD. */
export const schemaRegistry: ServerKind = {
  name: 'schema-registry',
  install: async () => {
    await installed()
  },
  launch,
}

interface Installed {
  readonly version: string
  readonly java: Jdk
  readonly jar: string
}

/** Version 3 wants Java 21; where only 17 is, the last version 2 does. */
async function installed(): Promise<Installed> {
  const newer = findJdk(21)
  const version = newer ? '3.3.3' : '2.6.13.Final'
  const java = newer ?? (await jdk(17))
  const home = await cached(`apicurio-${version}`, async (folder) => {
    await mavenFile(`io.apicurio:apicurio-registry-app:${version}:tar.gz:all`, folder)
    const archive = join(folder, `apicurio-registry-app-${version}-all.tar.gz`)
    await runCommand('tar', ['xzf', archive, '-C', folder])
    await runCommand('rm', [archive])
  })
  const jar = (await readdir(home)).find((name) => /^quarkus-run\.jar$|-runner\.jar$/.test(name))
  if (!jar)
    throw new Error(`${home} holds no registry: remove that folder, so that it is made anew`)
  return { version, java, jar: join(home, jar) }
}

async function launch(place: Place): Promise<Launch> {
  const { heap = '256m', settings = {}, flags = [] } = place.options
  const port = await place.port('rest')
  const management = await place.port('management')
  const { version, java, jar } = await installed()
  const url = `http://127.0.0.1:${port}/apis/ccompat/v7`
  return {
    service: { name: 'schema-registry', host: '127.0.0.1', port, url, info: { version } },
    command: java.java,
    arguments: [
      ...[`-Xmx${heap}`, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
      '-Djava.util.logging.manager=org.jboss.logmanager.LogManager',
      ...Object.entries(settings).map(([key, value]) => `-D${key}=${value}`),
      ...['-jar', jar, ...flags],
    ],
    env: {
      QUARKUS_HTTP_HOST: '127.0.0.1',
      QUARKUS_HTTP_PORT: String(port),
      QUARKUS_MANAGEMENT_HOST: '127.0.0.1',
      QUARKUS_MANAGEMENT_PORT: String(management),
    },
    isReady: () => answersHttp(`${url}/subjects`),
    // Confluent's default; Apicurio's is NONE.
    afterStart: () => setCompatibility(url, 'BACKWARD'),
  }
}

async function setCompatibility(url: string, compatibility: string): Promise<void> {
  const answer = await fetch(`${url}/config`, {
    method: 'PUT',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ compatibility }),
  })
  if (!answer.ok) throw new Error(`PUT ${url}/config answers ${answer.status}`)
}
