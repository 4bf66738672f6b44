/** What connectors may override of their Kafka clients. */
export type OverridePolicy = 'All' | 'None' | 'Principal'

const principal = ['security.protocol', 'sasl.jaas.config', 'sasl.mechanism']

/** Why a setting (without its prefix) may not be overridden, in Kafka Connect's words; undefined when it may. */
export function policyProblem(policy: OverridePolicy, setting: string): string | undefined {
  if (policy === 'All' || (policy === 'Principal' && principal.includes(setting))) return undefined
  return `The '${policy}' policy does not allow '${setting}' to be overridden in the connector configuration.`
}
