import { lookup, lookupService } from 'node:dns/promises'
import { type Address, addressText } from './address.ts'
import { trouble } from './trouble.ts'

/** The brokers that stand behind the names, by their own names (`client.dns.lookup=resolve_canonical_bootstrap_servers_only`). */
export async function canonicalNames(addresses: readonly Address[]): Promise<readonly Address[]> {
  const found: Address[] = []
  const errors: Error[] = []
  for (const { host, port } of addresses) {
    try {
      for (const { address } of await lookup(host, { all: true })) {
        const { hostname } = await lookupService(address, port)
        found.push({ host: hostname, port })
      }
    } catch (error) {
      errors.push(trouble(addressText({ host, port }), error))
    }
  }
  if (found.length === 0 && errors[0]) throw errors[0]
  return found
}
