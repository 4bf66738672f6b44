import type { TopicSettings } from '../log.ts'
import type { KafkaCluster } from './cluster.ts'
import { brokerError, check } from './protocol/errors.ts'
import {
  type DescribeConfigsAnswer,
  describeConfigsRequest,
} from './protocol/requests/describe-configs.ts'

/** In one request; the answer speaks of some thirty settings for each. */
const TOPICS_AT_ONCE = 200

/** The settings in force, of each topic that we may look at. */
export async function effectiveSettings(
  cluster: KafkaCluster,
  topics: readonly string[],
  keys: readonly string[] | null = null,
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
      if (resource.errorCode === 0) settings.set(resource.name, settingsOf(resource))
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

function settingsOf({ configs }: DescribeConfigsAnswer['resources'][number]): TopicSettings {
  const entries = configs.flatMap(({ name, value }) => (value === null ? [] : [[name, value]]))
  return Object.fromEntries(entries)
}
