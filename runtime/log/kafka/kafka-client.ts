import { ConfigException, type Logger } from '../../api/index.ts'
import type { ClientSettings } from '../log.ts'
import { GroupAdmin } from './admin-groups.ts'
import { LogReader } from './admin-reader.ts'
import { TopicAdmin } from './admin-topics.ts'
import { KafkaCluster } from './cluster.ts'
import { type ConnectionSettings, connectionSettings } from './settings/connection-settings.ts'
import type { ParsedSettings } from './settings/parsed-settings.ts'

/** How long an operation is repeated at most: long enough for a broker to come back, short enough to hear of it. */
const LONGEST_MS = 30_000

/** Brokers under one set of client keys, and what can be asked of them without writing or reading along. */
export interface KafkaClient {
  readonly cluster: KafkaCluster
  readonly topics: TopicAdmin
  readonly groups: GroupAdmin
  readonly reader: LogReader
}

export function clientOf(cluster: KafkaCluster): KafkaClient {
  const timeoutMs = Math.min(cluster.settings.apiTimeoutMs, LONGEST_MS)
  const topics = new TopicAdmin(cluster, timeoutMs)
  return {
    cluster,
    topics,
    groups: new GroupAdmin(cluster, timeoutMs),
    reader: new LogReader(cluster, topics, timeoutMs),
  }
}

/** Connects, under keys of its own. */
export async function openClient(
  java: ClientSettings,
  options: { readonly clientId: string; readonly logger: Logger },
): Promise<KafkaClient> {
  const settings: ConnectionSettings = settingsOf(connectionSettings(java))
  const clientId = settings.clientId || options.clientId
  return clientOf(await KafkaCluster.open(settings, { ...options, clientId }))
}

/** What was parsed, unless some of it is wrong. Warnings are the business of whoever takes the keys from people. */
export function settingsOf<T>({ settings, problems }: ParsedSettings<T>): T {
  if (problems.length > 0) throw new ConfigException(problems)
  return settings
}
