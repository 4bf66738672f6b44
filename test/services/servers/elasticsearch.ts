import { existsSync } from 'node:fs'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cached } from '../cache.ts'
import { debianCommand } from '../debian.ts'
import { answersHttp } from '../exchange.ts'
import { type Jdk, jdk } from '../jdk.ts'
import { mavenFile } from '../maven.ts'
import { giveToNobody, runAsNobody } from '../nobody.ts'
import { runCommand } from '../run-command.ts'
import type { Launch, Place, ServerKind } from '../server.ts'
import { installRootInfo } from './elasticsearch-root-info.ts'

interface Edition {
  readonly name: string
  readonly version: string
  readonly java: number
}

const edition8: Edition = { name: 'elasticsearch-8', version: '8.19.21', java: 17 }
const edition9: Edition = { name: 'elasticsearch-9', version: '9.5.3', java: 21 }

/** A single node with the modules that Maven has, and GET / by a plugin of ours. With a password: `info.user`, `info.password`. */
export const elasticsearch8 = elasticsearch(edition8)
export const elasticsearch9 = elasticsearch(edition9)

function elasticsearch(edition: Edition): ServerKind {
  return {
    name: edition.name,
    install: async () => {
      await home(edition, await jdk(edition.java))
    },
    launch: (place) => launch(edition, place),
  }
}

async function home({ name, version, java }: Edition, { home: javaHome }: Jdk): Promise<string> {
  const folder = await cached(`${name}-${version}-1`, async (fresh) => {
    const artifact = 'org.elasticsearch.distribution.integ-test-zip:elasticsearch'
    await mavenFile(`${artifact}:${version}:zip`, fresh)
    const archive = join(fresh, `elasticsearch-${version}.zip`)
    // It keeps the mode bits, which a JDK's jar command does not.
    await runCommand(await debianCommand('unzip', ['unzip']), ['-q', archive, '-d', fresh])
    await runCommand('rm', [archive])
    await installRootInfo(join(fresh, `elasticsearch-${version}`), { version, java, javaHome })
  })
  return join(folder, `elasticsearch-${version}`)
}

async function launch(edition: Edition, place: Place): Promise<Launch> {
  const { folder, options } = place
  const { heap = '256m', password, flags = [] } = options
  const java = await jdk(edition.java)
  const installed = await home(edition, java)
  const port = await place.port('http')
  const configuration = join(folder, 'config')
  for (const name of ['data', 'logs', 'tmp']) await mkdir(join(folder, name), { recursive: true })
  if (!existsSync(configuration))
    await cp(join(installed, 'config'), configuration, { recursive: true })
  const settings = {
    'cluster.name': 'tapline-test',
    'node.name': 'n1',
    'path.data': join(folder, 'data'),
    'path.logs': join(folder, 'logs'),
    'network.host': '127.0.0.1',
    'http.port': String(port),
    'transport.port': String(await place.port('transport')),
    'discovery.type': 'single-node',
    'cluster.routing.allocation.disk.threshold_enabled': 'false',
    'xpack.security.enabled': String(password !== undefined),
    ...options.settings,
  }
  const lines = Object.entries(settings).map(([key, value]) => `${key}: ${value}\n`)
  await writeFile(join(configuration, 'elasticsearch.yml'), lines.join(''))
  await configureJvm(configuration, heap)
  const env = {
    ES_JAVA_HOME: java.home,
    ES_PATH_CONF: configuration,
    ES_TMPDIR: join(folder, 'tmp'),
    HOME: folder,
  }
  if (password !== undefined && !existsSync(join(configuration, 'elasticsearch.keystore'))) {
    giveToNobody(folder)
    const add = ['add', '-x', 'bootstrap.password', '--force']
    await runAsNobody(join(installed, 'bin/elasticsearch-keystore'), add, { env, input: password })
  }
  const url = `http://127.0.0.1:${port}`
  const token = Buffer.from(`elastic:${password}`).toString('base64')
  const headers: Record<string, string> =
    password === undefined ? {} : { authorization: `Basic ${token}` }
  return {
    service: {
      name: edition.name,
      host: '127.0.0.1',
      port,
      url,
      info: {
        version: edition.version,
        home: installed,
        ...(password !== undefined && { user: 'elastic', password }),
      },
    },
    command: join(installed, 'bin/elasticsearch'),
    arguments: flags,
    env,
    refusesRoot: true,
    isReady: () => answersHttp(`${url}/_cluster/health?wait_for_status=yellow&timeout=5s`, headers),
  }
}

/** Its own choice of collector and log files is for big machines: this starts in half of the time. */
async function configureJvm(configuration: string, heap: string): Promise<void> {
  const file = join(configuration, 'jvm.options')
  const options = await readFile(file, 'utf8')
  const kept = options.split('\n').filter((line) => !/UseG1GC|gc\.log|ErrorFile/.test(line))
  await writeFile(file, kept.join('\n'))
  const ours = [`-Xms${heap}`, `-Xmx${heap}`, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
  await mkdir(join(configuration, 'jvm.options.d'), { recursive: true })
  await writeFile(join(configuration, 'jvm.options.d/test.options'), `${ours.join('\n')}\n`)
}
