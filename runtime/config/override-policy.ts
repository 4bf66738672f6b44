export const policies = ['All', 'None', 'Principal'] as const
export type OverridePolicy = (typeof policies)[number]

/** By its alias or its class: `None`, `NoneConnectorClientConfigOverridePolicy`, `org.apache.kafka.connect.connector.policy.None…`. */
export function policyName(given: string): OverridePolicy | undefined {
  const name = given.replace(/^org\.apache\.kafka\.connect\.connector\.policy\./, '')
  return policies.find(
    (policy) => name === policy || name === `${policy}ConnectorClientConfigOverridePolicy`,
  )
}
