import type { TopicSettings } from '../log.ts'
import type { KafkaCluster } from './cluster.ts'
import { brokerError, check } from './protocol/errors.ts'
import {
  type DescribedConfig,
  describeConfigsRequest,
  SET_ON_TOPIC,
} from './protocol/requests/describe-configs.ts'

/** In one request; the answer speaks of some thirty settings for each. */
const TOPICS_AT_ONCE = 200

/** What was set on each topic that we may look at; and `cleanup.policy` in any case, which decides what may be kept there. */
export function ownSettings(
  cluster: KafkaCluster,
  topics: readonly string[],
): Promise<ReadonlyMap<string, TopicSettings>> {
  return readSettings(cluster, topics, {
    keys: null,
    isWanted: ({ name, source }) => source === SET_ON_TOPIC || name === 'cleanup.policy',
  })
}

/** These settings as they are in force, wherever they were set. */
export function effectiveSettings(
  cluster: KafkaCluster,
  topics: readonly string[],
  keys: readonly string[],
): Promise<ReadonlyMap<string, TopicSettings>> {
  return readSettings(cluster, topics, { keys, isWanted: () => true })
}

interface Wanted {
  readonly keys: readonly string[] | null
  readonly isWanted: (config: DescribedConfig) => boolean
}

async function readSettings(
  cluster: KafkaCluster,
  topics: readonly string[],
  { keys, isWanted }: Wanted,
): Promise<ReadonlyMap<string, TopicSettings>> {
  const settings = new Map<string, TopicSettings>()
  for (let at = 0; at < topics.length; at += TOPICS_AT_ONCE) {
    const names = topics.slice(at, at + TOPICS_AT_ONCE)
    const resources = names.map((name) => ({ type: 'topic' as const, name, keys }))
    const answer = await cluster.sendAny(describeConfigsRequest({ resources }))
    for (const resource of answer.resources) {
      // Not authorised, or gone since: the settings stay unknown.
      if (brokerError(resource.errorCode)?.isRetriable)
        check(resource.errorCode, `Topic "${resource.name}": read its settings`)
      if (resource.errorCode === 0)
        settings.set(resource.name, settingsOf(resource.configs.filter(isWanted)))
    }
  }
  return settings
}

/** Whether the brokers make missing topics; true when they do not say. */
export async function autoCreates(cluster: KafkaCluster): Promise<boolean> {
  const [node] = cluster.nodes
  if (node === undefined) return true
  const keys = ['auto.create.topics.enable']
  const request = describeConfigsRequest({
    resources: [{ type: 'broker', name: String(node), keys }],
  })
  // A broker answers for itself alone.
  const { resources } = await cluster.send(node, request)
  return resources[0]?.configs[0]?.value !== 'false'
}

function settingsOf(configs: readonly DescribedConfig[]): TopicSettings {
  const entries = configs.flatMap(({ name, value }) => (value === null ? [] : [[name, value]]))
  return Object.fromEntries(entries)
}
