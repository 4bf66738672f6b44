import { getCiphers } from 'node:tls'

/** A cipher suite under OpenSSL's name, from Java's (`TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`); those of TLS 1.3 have one name. */
export function openSslCipher(java: string): string | undefined {
  const known = new Set(getCiphers().map((name) => name.toUpperCase()))
  return [java, renamed(java)].find((name) => known.has(name.toUpperCase()))
}

function renamed(java: string): string {
  const [, exchange = '', cipher = ''] = /^(?:TLS|SSL)_(.+)_WITH_(.+)$/.exec(java) ?? []
  const method = exchange === 'RSA' ? '' : `${exchange.replaceAll('_', '-')}-`
  const name = cipher
    .replace(/^AES_(\d+)_/, 'AES$1_')
    .replace('CHACHA20_POLY1305_SHA256', 'CHACHA20-POLY1305')
    .replace('_CBC_', '_')
  return method + name.replaceAll('_', '-')
}
