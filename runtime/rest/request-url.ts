/**
 * The path as the router should see it: a full URL cut to its path, path parameters dropped (`/connectors/x;y` is connector `x`), a trailing slash
 * accepted. What is percent-encoded stays so: `%3B` and `%2F` belong to a name.
 */
export function routedUrl(url: string): string {
  const relative = url.startsWith('/') ? url : url.replace(/^https?:\/\/[^/?]*/i, '')
  const end = relative.indexOf('?')
  const path = end < 0 ? relative : relative.slice(0, end)
  const query = end < 0 ? '' : relative.slice(end)
  const plain = path.includes(';') ? path.replace(/;[^/]*/g, '') : path
  const trimmed = plain.length > 1 && plain.endsWith('/') ? plain.slice(0, -1) : plain
  return (trimmed === '' ? '/' : trimmed) + query
}

/** Absolute, from the base that the client itself used. */
export function locationOf(
  request: { readonly host: string; readonly protocol: string; readonly socket: Socket },
  name: string,
): string {
  const { localAddress, localPort, localFamily } = request.socket
  const local = `${localFamily === 'IPv6' ? `[${localAddress}]` : localAddress}:${localPort}`
  return `${request.protocol}://${request.host || local}/connectors/${encodeURIComponent(name)}`
}

interface Socket {
  readonly localAddress?: string
  readonly localPort?: number
  readonly localFamily?: string
}
