import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Identity {
  /** PEM. */
  readonly certificate: string
  readonly key: string
  /** PKCS#8, encrypted with `password`. */
  readonly encryptedKey: string
  readonly password: string
  /** Files: key and chain in one, and a PKCS12 keystore with that password. */
  readonly pemFile: string
  readonly pkcs12File: string
}

/** An authority of a test, made by the openssl command, and certificates that it signs. */
export class Certificates {
  readonly #folder: string
  readonly authority: string
  readonly authorityFile: string

  constructor(folder: string) {
    this.#folder = folder
    this.authorityFile = this.#path('ca.crt')
    this.#openssl(
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ...['-keyout', this.#path('ca.key'), '-out', this.authorityFile],
      ...['-days', '2', '-subj', '/CN=Authority of a test'],
    )
    this.authority = readFileSync(this.authorityFile, 'utf8')
  }

  /** A certificate for `name` with these alternative names, as in `IP:127.0.0.1`. */
  sign(name: string, alternatives: readonly string[], days = 2): Identity {
    const [key, request, certificate] = [`${name}.key`, `${name}.csr`, `${name}.crt`].map((file) =>
      this.#path(file),
    ) as [string, string, string]
    const extensions = this.#path(`${name}.ext`)
    writeFileSync(extensions, `subjectAltName=${alternatives.join(',')}\n`)
    this.#openssl(
      ...['req', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', request],
      ...['-subj', `/CN=${name}`],
    )
    this.#openssl(
      ...[
        'x509',
        '-req',
        '-in',
        request,
        '-CA',
        this.authorityFile,
        '-CAkey',
        this.#path('ca.key'),
      ],
      ...['-CAcreateserial', '-out', certificate, '-days', String(days), '-extfile', extensions],
    )
    const password = 'key "secret"'
    const encrypted = this.#path(`${name}.encrypted.key`)
    this.#openssl(
      ...['pkcs8', '-topk8', '-in', key, '-out', encrypted, '-passout', `pass:${password}`],
    )
    const pkcs12File = this.#path(`${name}.p12`)
    this.#openssl(
      ...['pkcs12', '-export', '-in', certificate, '-inkey', key, '-out', pkcs12File],
      ...['-passout', `pass:${password}`],
    )
    const pemFile = this.#path(`${name}.pem`)
    const texts = { key: readFileSync(key, 'utf8'), certificate: readFileSync(certificate, 'utf8') }
    writeFileSync(pemFile, texts.key + texts.certificate)
    return {
      ...texts,
      encryptedKey: readFileSync(encrypted, 'utf8'),
      password,
      pemFile,
      pkcs12File,
    }
  }

  #path(file: string): string {
    return join(this.#folder, file)
  }

  #openssl(...args: readonly string[]): void {
    execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  }
}
