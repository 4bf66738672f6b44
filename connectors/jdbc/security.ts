import { createPrivateKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { ConnectionOptions } from 'node:tls'
import type { Parameters } from './url.ts'

export type Security = ConnectionOptions | false

/** Which kind of connection to try, and which when the server does not offer it (`allow`, `prefer`). */
export async function securities(
  host: string,
  parameters: Parameters,
): Promise<[Security, Security?]> {
  const isSsl = parameters.ssl !== undefined && parameters.ssl !== 'false'
  const mode = parameters.sslmode?.toLowerCase() ?? (isSsl ? 'verify-full' : 'prefer')
  if (mode === 'disable' || host.startsWith('/')) return [false]
  const tls = await tlsOptions(parameters)
  switch (mode) {
    case 'allow':
      return [false, { ...tls, rejectUnauthorized: false }]
    case 'prefer':
      return [{ ...tls, rejectUnauthorized: false }, false]
    case 'require':
      return [{ ...tls, rejectUnauthorized: false }]
    case 'verify-ca':
      return [{ ...tls, rejectUnauthorized: true, checkServerIdentity: () => undefined }]
    default:
      return [{ ...tls, rejectUnauthorized: true }]
  }
}

async function tlsOptions(parameters: Parameters): Promise<ConnectionOptions> {
  const { sslrootcert, sslcert, sslkey, sslpassword } = parameters
  return {
    ...(sslrootcert && { ca: await readFile(sslrootcert, 'utf8') }),
    ...(sslcert && { cert: await readFile(sslcert, 'utf8') }),
    ...(sslkey && { key: privateKey(await readFile(sslkey), sslpassword) }),
  }
}

/** PEM as it is; pgjdbc's PK8 is PKCS#8 in DER. */
function privateKey(file: Buffer, passphrase: string | undefined): string {
  const secret = passphrase === undefined ? {} : { passphrase }
  const key = file.includes('-----BEGIN')
    ? createPrivateKey({ key: file, format: 'pem', ...secret })
    : createPrivateKey({ key: file, format: 'der', type: 'pkcs8', ...secret })
  return key.export({ format: 'pem', type: 'pkcs8' }).toString()
}
