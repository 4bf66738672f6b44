import { mkdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { kafkaVersion, log4jArtifacts } from '../../../runtime/cli/demo/kafka-settings.ts'
import { cached } from '../cache.ts'
import { answersHttp } from '../exchange.ts'
import { jdk } from '../jdk.ts'
import { mavenFile, mavenJars } from '../maven.ts'
import { log4j, properties } from '../properties.ts'
import type { Launch, Place, ServerKind } from '../server.ts'

/**
 * The real Kafka Connect worker, distributed, JSON with schemas, with the file connectors. `url` is its REST API. `info`: `group`, whose
 * topics are GROUP-configs, GROUP-offsets and GROUP-status, and `bootstrapServers`.
 */
export const connect: ServerKind = {
  name: 'connect',
  install: async () => {
    await jdk(17)
    await home()
  },
  launch,
}

/** `lib` is the worker, `plugins` holds the file connectors in a folder of their own, as its plugin path wants them. */
function home(): Promise<string> {
  return cached(`connect-${kafkaVersion}`, async (folder) => {
    const parts = ['connect-runtime', 'connect-json', 'connect-transforms']
    const artifacts = parts.map((part) => `org.apache.kafka:${part}:${kafkaVersion}`)
    await mavenJars([...artifacts, ...log4jArtifacts], join(folder, 'lib'))
    const file = join(folder, 'plugins/file')
    await mkdir(file, { recursive: true })
    await mavenFile(`org.apache.kafka:connect-file:${kafkaVersion}:jar`, file)
  })
}

/** For whoever compiles a plugin of its own. */
export async function connectClassPath(): Promise<string> {
  return join(await home(), 'lib', '*')
}

async function launch(place: Place): Promise<Launch> {
  const { folder, options } = place
  const { heap = '512m', pluginFolders = [], flags = [] } = options
  const port = await place.port('rest')
  const installed = await home()
  const { java } = await jdk(17)
  const bootstrapServers = options.bootstrapServers ?? (await place.need('kafka')).url!
  const group = options.settings?.['group.id'] ?? `tapline-${basename(folder)}`
  const settings = join(folder, 'worker.properties')
  const logging = join(folder, 'log4j2.xml')
  await writeFile(logging, log4j)
  await writeFile(
    settings,
    properties(
      {
        'bootstrap.servers': bootstrapServers,
        listeners: `http://127.0.0.1:${port}`,
        'rest.advertised.host.name': '127.0.0.1',
        'rest.advertised.port': String(port),
        'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
        'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
        'plugin.path': [join(installed, 'plugins'), ...pluginFolders].join(','),
      },
      internalTopics(group),
      options.settings,
    ),
  )
  const url = `http://127.0.0.1:${port}`
  return {
    service: {
      name: 'connect',
      host: '127.0.0.1',
      port,
      url,
      info: { group, bootstrapServers, version: kafkaVersion },
    },
    command: java,
    arguments: [
      ...['-Xms256m', `-Xmx${heap}`, '-XX:+UseG1GC', '-Djava.awt.headless=true'],
      ...[`-Dlog4j2.configurationFile=${logging}`, '-cp', join(installed, 'lib', '*')],
      ...['org.apache.kafka.connect.cli.ConnectDistributed', settings, ...flags],
    ],
    isReady: () => answersHttp(`${url}/connectors`),
  }
}

function internalTopics(group: string): Record<string, string> {
  const topics = ['config', 'offset', 'status'].flatMap((kind) => [
    [`${kind}.storage.topic`, `${group}-${kind === 'status' ? kind : `${kind}s`}`],
    [`${kind}.storage.replication.factor`, '1'],
  ])
  return {
    'group.id': group,
    ...Object.fromEntries(topics),
    'offset.storage.partitions': '4',
    'status.storage.partitions': '2',
  }
}
