export interface Listener {
  /** Empty: every interface. */
  readonly host: string
  /** 0: a free one. */
  readonly port: number
}

export interface ParsedListeners {
  readonly listeners: readonly Listener[]
  readonly problems: readonly string[]
}

const form = /^(.*):\/\/\[?([0-9a-zA-Z\-%._:]*)\]?:(-?[0-9]+)$/

/** `protocol://host:port`, as Connect reads them. What other machines could reach needs TLS and credentials, or an explicit word. */
export function parseListeners(urls: readonly string[], allowInsecure: boolean): ParsedListeners {
  if (urls.length === 0) {
    return {
      listeners: [],
      problems: [
        'Invalid value for listeners, at least one URL is expected, ex: http://localhost:8080,https://localhost:8443.',
      ],
    }
  }
  const listeners: Listener[] = []
  const problems: string[] = []
  for (const url of urls) {
    const listener = parse(url, allowInsecure)
    if (typeof listener === 'string') problems.push(listener)
    else listeners.push(listener)
  }
  return { listeners, problems }
}

function parse(url: string, allowInsecure: boolean): Listener | string {
  if (url === '') return 'Empty URL found when parsing listeners list.'
  const [, protocol = '', host = '', digits = ''] = form.exec(url) ?? []
  if (digits === '') {
    return `Listener ${url} doesn't have the right format (protocol://hostname:port).`
  }
  if (!/^https?$/i.test(protocol)) {
    return `Listener ${url}: protocol must be either "http" or "https".`
  }
  if (protocol.toLowerCase() === 'https') {
    return `Listener ${url}: https is not available yet; use http://127.0.0.1:8083 behind a proxy that speaks TLS.`
  }
  const port = Number(digits)
  if (!(port >= 0 && port <= 65_535)) return `Listener ${url}: the port must be from 0 to 65535.`
  if (!isLoopback(host) && !allowInsecure) {
    return (
      `Listener ${url} can be reached from other machines, without TLS or credentials (neither is available yet): ` +
      'whoever reaches it reads every secret and runs connectors. Listen on http://127.0.0.1:8083, or set rest.allow.insecure=true.'
    )
  }
  return { host, port }
}

function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1|0:0:0:0:0:0:0:1)$/i.test(host)
}
