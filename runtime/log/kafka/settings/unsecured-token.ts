import type { LoginModule } from './jaas.ts'

const DEFAULT_LIFETIME_SECONDS = 3600

/** A token that nobody signed, for brokers that are tried out: claims as Java's login module takes them (`unsecuredLoginStringClaim_sub`). */
export function unsecuredToken(options: LoginModule['options'], now = Date.now()): string {
  const lifetime = Number(options['unsecuredLoginLifetimeSeconds'] ?? DEFAULT_LIFETIME_SECONDS)
  const claims: Record<string, unknown> = { iat: now / 1000, exp: now / 1000 + lifetime }
  for (const [key, value] of Object.entries(options)) {
    const [, type, name = ''] = /^unsecuredLogin(String|Number|List)Claim_(.+)$/.exec(key) ?? []
    if (type === 'String') claims[name] = value
    if (type === 'Number') claims[name] = Number(value)
    // The first character separates the items.
    if (type === 'List') claims[name] = value.slice(1).split(value.slice(0, 1))
  }
  return `${encoded({ alg: 'none' })}.${encoded(claims)}.`
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}
