import { readFileSync } from 'node:fs'
import {
  type ConnectionOptions,
  createSecureContext,
  type SecureContextOptions,
  type SecureVersion,
} from 'node:tls'
import type { ConfigOf, Password } from '../../../api/index.ts'
import { openSslCipher } from './cipher-suites.ts'
import type { Remark } from './parsed-settings.ts'
import { certificatesOf, privateKeyOf } from './pem.ts'
import type { securityKeys } from './security-keys.ts'

type Values = ConfigOf<typeof securityKeys>
type Identity = Pick<SecureContextOptions, 'cert' | 'key' | 'pfx' | 'passphrase'>

/** What is wrong with one key. */
class KeyProblem extends Error {
  readonly key: string

  constructor(key: string, message: string) {
    super(message)
    this.key = key
  }
}

export interface TlsSettings {
  readonly ssl: ConnectionOptions | null
  readonly problems: readonly Remark[]
}

/** The `ssl.*` keys → a TLS context, made and tried at once: a wrong password is a problem of its key, not of the first connection. */
export function tlsSettings(values: Values): TlsSettings {
  try {
    const context = createContext({
      ...trust(values),
      ...identity(values),
      ...versions(values),
      ...ciphers(values['ssl.cipher.suites']),
    })
    const checksHost = values['ssl.endpoint.identification.algorithm'] !== ''
    return {
      ssl: {
        secureContext: context,
        ...(checksHost ? {} : { checkServerIdentity: () => undefined }),
      },
      problems: [],
    }
  } catch (error) {
    if (!(error instanceof KeyProblem)) throw error
    return { ssl: null, problems: [[error.key, error.message]] }
  }
}

function createContext(options: SecureContextOptions) {
  try {
    return createSecureContext(options)
  } catch (error) {
    const key = options.pfx ? 'ssl.keystore.location' : 'ssl.keystore.key'
    const why = reasonOf((error as Error).message)
    throw new KeyProblem(key, `${key}: key and certificates cannot be used: ${why}.`)
  }
}

function reasonOf(message: string): string {
  if (/decrypt|mac verify|password|passphrase/i.test(message))
    return 'the key cannot be decrypted: set ssl.key.password (for a PKCS12 keystore ssl.keystore.password)'
  if (/unsupported pkcs12/i.test(message))
    return 'the keystore is encrypted in a way that is out of use; convert it: openssl pkcs12 -legacy -in KEYSTORE -nodes -out keystore.pem'
  return message
}

function trust(values: Values): SecureContextOptions {
  const text = values['ssl.truststore.certificates']?.reveal()
  const path = values['ssl.truststore.location']
  if (!text && !path) return {}
  const key = text ? 'ssl.truststore.certificates' : 'ssl.truststore.location'
  const ca = certificatesOf(
    text ||
      pemFile(
        key,
        path!,
        (file) =>
          `keytool -exportcert -rfc -keystore ${file} -alias ALIAS (for each alias), or for PKCS12: openssl pkcs12 -in ${file} -nokeys -out trust.pem`,
      ),
  )
  if (ca.length === 0) throw new KeyProblem(key, `${key}: there is no certificate in it.`)
  return { ca: [...ca] }
}

function identity(values: Values): Identity {
  const chain = values['ssl.keystore.certificate.chain']?.reveal()
  const key = values['ssl.keystore.key']?.reveal()
  if (chain || key) {
    if (!key)
      throw new KeyProblem(
        'ssl.keystore.key',
        'ssl.keystore.key is missing beside ssl.keystore.certificate.chain.',
      )
    if (!chain)
      throw new KeyProblem(
        'ssl.keystore.certificate.chain',
        'ssl.keystore.certificate.chain is missing beside ssl.keystore.key.',
      )
    return pair(chain, key, values['ssl.key.password'], [
      'ssl.keystore.certificate.chain',
      'ssl.keystore.key',
    ])
  }
  const path = values['ssl.keystore.location']
  if (!path) return {}
  const location = 'ssl.keystore.location'
  const bytes = contentOf(location, path)
  if (isPkcs12(bytes)) {
    const password = values['ssl.keystore.password'] ?? values['ssl.key.password']
    return { pfx: bytes, ...(password ? { passphrase: password.reveal() } : {}) }
  }
  const pem = pemFile(
    location,
    path,
    (file) =>
      `keytool -importkeystore -srckeystore ${file} -destkeystore keystore.p12 -deststoretype PKCS12`,
  )
  return pair(pem, pem, values['ssl.key.password'], [location, location])
}

function pair(
  chain: string,
  key: string,
  password: Password | null,
  names: readonly [string, string],
): Identity {
  const cert = certificatesOf(chain).join('')
  const privateKey = privateKeyOf(key)
  if (!cert) throw new KeyProblem(names[0], `${names[0]}: there is no certificate in it.`)
  if (!privateKey)
    throw new KeyProblem(names[1], `${names[1]}: there is no private key in it (PEM, PKCS#8).`)
  return { cert, key: privateKey, ...(password ? { passphrase: password.reveal() } : {}) }
}

function pemFile(key: string, path: string, convert: (file: string) => string): string {
  const bytes = contentOf(key, path)
  const text = bytes.toString('latin1')
  if (text.includes('-----BEGIN ')) return text
  const kind =
    bytes.readUInt32BE(0) === JKS_MAGIC
      ? 'a JKS file'
      : isPkcs12(bytes)
        ? 'a PKCS12 file'
        : 'no PEM file'
  throw new KeyProblem(
    key,
    `${key}: ${path} is ${kind}, which cannot be used here. Convert it: ${convert(path)}.`,
  )
}

const JKS_MAGIC = 0xfeedfeed
/** The first byte of DER: a sequence. */
const isPkcs12 = (bytes: Buffer) => bytes[0] === 0x30

function contentOf(key: string, path: string): Buffer {
  try {
    const bytes = readFileSync(path)
    if (bytes.length > 4) return bytes
  } catch (error) {
    throw new KeyProblem(key, `${key}: ${path} cannot be read: ${(error as Error).message}.`)
  }
  throw new KeyProblem(key, `${key}: ${path} is empty.`)
}

function versions(values: Values): {
  readonly minVersion: SecureVersion
  readonly maxVersion: SecureVersion
} {
  const known: readonly SecureVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']
  const newest = known.indexOf(values['ssl.protocol'] as SecureVersion)
  const enabled = known.filter(
    (version, at) =>
      values['ssl.enabled.protocols'].includes(version) && (newest < 0 || at <= newest),
  )
  const minVersion = enabled.at(0)
  const maxVersion = enabled.at(-1)
  if (!minVersion || !maxVersion)
    throw new KeyProblem(
      'ssl.enabled.protocols',
      'ssl.enabled.protocols: name TLSv1.2, TLSv1.3 or both, not above ssl.protocol.',
    )
  return { minVersion, maxVersion }
}

function ciphers(suites: readonly string[] | null): SecureContextOptions {
  if (!suites || suites.length === 0) return {}
  const names = suites.map((suite) => {
    const name = openSslCipher(suite)
    if (name === undefined)
      throw new KeyProblem(
        'ssl.cipher.suites',
        `ssl.cipher.suites: "${suite}" is not known here; leave the key out to use all that are safe.`,
      )
    return name
  })
  return { ciphers: names.join(':') }
}
