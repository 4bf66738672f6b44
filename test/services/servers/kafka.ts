import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  brokerBasics,
  clusterId,
  kafkaArtifacts,
  kafkaVersion,
} from '../../../runtime/cli/demo/kafka-settings.ts'
import { cached } from '../cache.ts'
import { jdk } from '../jdk.ts'
import { mavenFile, mavenJars } from '../maven.ts'
import { isKafka } from '../pings.ts'
import { log4j, properties } from '../properties.ts'
import { runCommand } from '../run-command.ts'
import type { Launch, Place, ServerKind } from '../server.ts'

/**
 * A broker that is its own controller. `url` is `host:port`. `info`: `java` and `classPath` run Kafka's own tools, as in
 * `java -cp CLASSPATH org.apache.kafka.tools.TopicCommand`; `data` is where its partitions lie; further listeners' addresses under their names.
 */
export const kafka: ServerKind = {
  name: 'kafka',
  install: async () => {
    await jdk(17)
    await jars()
    await consoleTools()
  },
  launch,
}

function jars(): Promise<string> {
  return cached(`kafka-${kafkaVersion}`, (folder) => mavenJars(kafkaArtifacts, folder))
}

/** The tools of `kafka-console-consumer.sh` and its like are not among what a broker needs. */
function consoleTools(): Promise<string> {
  return cached(`kafka-tools-${kafkaVersion}`, (folder) =>
    mavenFile(`org.apache.kafka:kafka-tools:${kafkaVersion}:jar`, folder),
  )
}

async function launch(place: Place): Promise<Launch> {
  const { folder, options } = place
  const { heap = '384m', flags = [] } = options
  const port = await place.port('plaintext')
  const listeners = await furtherListeners(place)
  const { java } = await jdk(17)
  const classPath = [await jars(), await consoleTools()].map((each) => join(each, '*')).join(':')
  const settings = join(folder, 'server.properties')
  const logging = join(folder, 'log4j2.xml')
  await writeFile(logging, log4j)
  await writeFile(
    settings,
    properties(
      brokerBasics(folder),
      addresses(port, await place.port('controller'), listeners),
      options.settings,
    ),
  )
  const loggingOption = `-Dlog4j2.configurationFile=${logging}`
  const common = [loggingOption, '-cp', classPath]
  if (!existsSync(join(folder, 'data/meta.properties'))) {
    const more = options.formatArguments ?? []
    await runCommand(java, [
      ...['-Xmx128m', '-XX:TieredStopAtLevel=1', ...common, 'kafka.tools.StorageTool', 'format'],
      ...['-t', clusterId(), '-c', settings, ...more],
    ])
  }
  return {
    service: {
      name: 'kafka',
      host: '127.0.0.1',
      port,
      url: `127.0.0.1:${port}`,
      info: {
        java,
        classPath,
        version: kafkaVersion,
        data: join(folder, 'data'),
        ...Object.fromEntries(listeners.map(({ name, address }) => [name, address])),
      },
    },
    command: java,
    arguments: [
      ...[`-Xms${heap}`, `-Xmx${heap}`, '-XX:+UseG1GC', '-Djava.awt.headless=true'],
      ...common,
      ...['kafka.Kafka', settings, ...flags],
    ],
    isReady: () => isKafka(port),
  }
}

interface Listener {
  readonly name: string
  readonly protocol: string
  readonly address: string
}

function furtherListeners({ options, port }: Place): Promise<Listener[]> {
  return Promise.all(
    Object.entries(options.listeners ?? {}).map(async ([name, protocol]) => ({
      name,
      protocol,
      address: `127.0.0.1:${await port(name)}`,
    })),
  )
}

function addresses(
  port: number,
  controller: number,
  listeners: readonly Listener[],
): Record<string, string> {
  const served = [
    `PLAINTEXT://127.0.0.1:${port}`,
    ...listeners.map(({ name, address }) => `${name}://${address}`),
  ]
  return {
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    listeners: [...served, `CONTROLLER://127.0.0.1:${controller}`].join(','),
    'advertised.listeners': served.join(','),
    'listener.security.protocol.map': [
      'PLAINTEXT:PLAINTEXT',
      'CONTROLLER:PLAINTEXT',
      ...listeners.map(({ name, protocol }) => `${name}:${protocol}`),
    ].join(','),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
  }
}
