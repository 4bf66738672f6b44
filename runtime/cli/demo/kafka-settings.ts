import { randomBytes } from 'node:crypto'
import { join } from 'node:path'

export const kafkaVersion = '4.3.1'

/** Maven's artifacts are `group:artifact:version`. Without these Kafka's programs say nothing. */
export const log4jArtifacts = [
  'org.apache.logging.log4j:log4j-slf4j-impl:2.25.1',
  'org.apache.logging.log4j:log4j-core:2.25.1',
] as const

/** What a broker consists of. */
export const kafkaArtifacts = [
  `org.apache.kafka:kafka_2.13:${kafkaVersion}`,
  ...log4jArtifacts,
] as const

/** A project of Maven's that has these artifacts and nothing else. */
export function pom(artifacts: readonly string[]): string {
  const dependencies = artifacts.map((artifact) => {
    const [group, name, version] = artifact.split(':')
    return `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`
  })
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>tapline</groupId><artifactId>services</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>${dependencies.join('')}</dependencies>
</project>
`
}

/** Lines of a Java properties file; later maps win. */
export function properties(...maps: (Readonly<Record<string, string>> | undefined)[]): string {
  return Object.entries(Object.assign({}, ...maps) as Record<string, string>)
    .map(([key, value]) => `${key}=${value.replaceAll('\\', '\\\\')}\n`)
    .join('')
}

/** One node holds everything; small internal topics start fast. */
export function brokerBasics(folder: string): Record<string, string> {
  const internal = ['offsets.topic', 'transaction.state.log', 'share.coordinator.state.topic']
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'log.dirs': join(folder, 'data'),
    'num.partitions': '1',
    ...Object.fromEntries(
      internal.flatMap((topic) => [
        [`${topic}.num.partitions`, '4'],
        [`${topic}.replication.factor`, '1'],
        [`${topic}.min.isr`, '1'],
      ]),
    ),
    'group.initial.rebalance.delay.ms': '0',
    'log.retention.hours': '-1',
  }
}

/** For clients of this machine that need no password. */
export function plainAddresses(port: number, controller: number): Record<string, string> {
  const served = `PLAINTEXT://127.0.0.1:${port}`
  return {
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    listeners: `${served},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': served,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
  }
}

/** Without it Kafka's log4j writes nothing. */
export const log4j = `<Configuration status="error">
  <Appenders><Console name="o"><PatternLayout pattern="[%d] %p %X{connector.context}%m (%c)%n"/></Console></Appenders>
  <Loggers><Root level="warn"><AppenderRef ref="o"/></Root></Loggers>
</Configuration>
`

/** 16 octets in base64url; a tool's argument must not begin with `-`. */
export function clusterId(): string {
  const id = randomBytes(16).toString('base64url')
  return id.startsWith('-') ? clusterId() : id
}
