import type { Address } from '../connection/address.ts'

/** `host:port`, an IPv6 address in brackets; a listener's name before it (`SASL_SSL://…`) is taken as Java takes it: not at all. */
const address = /^(?:[A-Za-z_\d]+:\/\/)?(?:\[([\d:.A-Fa-f%\w]+)\]|([^[\]:/\s]+)):(\d{1,5})$/

/** The addresses of `bootstrap.servers`, or what is wrong with the first that is none. */
export function bootstrapAddresses(servers: readonly string[]): readonly Address[] | string {
  const addresses: Address[] = []
  for (const server of servers) {
    const [, ip, name, digits] = address.exec(server) ?? []
    const port = Number(digits)
    const host = ip ?? name
    if (host === undefined || !(port >= 1 && port <= 65535))
      return `"${server}" is no host:port (IPv6 as [::1]:9092)`
    addresses.push({ host, port })
  }
  return addresses.length > 0 ? addresses : 'Name at least one broker as host:port'
}
