import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import t from 'tap'
import { RetriableException } from '../../../../runtime/api/index.ts'
import { cachedToken } from '../../../../runtime/log/kafka/connection/token-cache.ts'
import { openSslCipher } from '../../../../runtime/log/kafka/settings/cipher-suites.ts'
import { connectionSettings } from '../../../../runtime/log/kafka/settings/connection-settings.ts'
import { parseJaas } from '../../../../runtime/log/kafka/settings/jaas.ts'
import { unsecuredToken } from '../../../../runtime/log/kafka/settings/unsecured-token.ts'
import type { ClientSettings } from '../../../../runtime/log/log.ts'

const stores = join(import.meta.dirname, '../../../fixtures/kafka-settings/stores')
const file = (name: string) => join(stores, name)
const text = (name: string) => readFileSync(file(name), 'utf8')
const parsed = (settings: ClientSettings) =>
  connectionSettings({ 'bootstrap.servers': 'kafka:9092', ...settings })
const tls = { 'security.protocol': 'SSL' }
const plain = 'org.apache.kafka.common.security.plain.PlainLoginModule'

t.test('sasl.jaas.config is read as Java reads it', async (t) => {
  const options = (more: string) => parseJaas(`${plain} required ${more};`).options
  t.strictSame(parseJaas(`${plain} required username="a" password="b";`), {
    name: 'PlainLoginModule',
    options: { username: 'a', password: 'b' },
  })
  t.strictSame(options('password="a\\"b\\\\c;d=e"'), { password: 'a"b\\c;d=e' }, 'escapes')
  t.strictSame(options("username='a b' password=\"it's\""), { username: 'a b', password: "it's" })
  t.strictSame(options('username=alice\n  password = "x"'), { username: 'alice', password: 'x' })
  t.strictSame(options('a="\\t\\101"'), { a: '\tA' }, 'a tab, and an octal')
  t.strictSame(options('/* b="c" */ a="http://x" // end\n'), { a: 'http://x' }, 'comments')
  t.strictSame(options(''), {})
  for (const wrong of [
    '',
    plain,
    `${plain} required username="top-secret"`,
    `${plain} required username="top-secret;`,
    `${plain} username="top-secret";`,
    `${plain} required username "top-secret";`,
    `${plain} required username="a"; other.Module required password="top-secret";`,
    `${plain} required username=;`,
  ]) {
    try {
      parseJaas(wrong)
      t.fail(`accepted: ${wrong}`)
    } catch (error) {
      t.match((error as Error).message, /^sasl\.jaas\.config: /, wrong)
      t.notMatch((error as Error).message, 'top-secret', 'no part of it is told')
    }
  }
})

t.test('each SASL mechanism', async (t) => {
  const sasl = (mechanism: string, jaas: string, more: ClientSettings = {}) =>
    parsed({
      'security.protocol': 'sasl_plaintext',
      'sasl.mechanism': mechanism,
      'sasl.jaas.config': jaas,
      ...more,
    })
  const user = 'required username="alice" password="top-secret";'
  for (const [mechanism, module] of [
    ['PLAIN', 'PlainLoginModule'],
    ['SCRAM-SHA-256', 'ScramLoginModule'],
    ['SCRAM-SHA-512', 'ScramLoginModule'],
  ] as const) {
    const { settings, problems } = sasl(mechanism, `x.${module} ${user}`)
    t.strictSame(problems, [], mechanism)
    t.match(settings.sasl, { mechanism, username: 'alice' })
    t.notMatch(inspect(settings, { depth: null }) + JSON.stringify(settings), 'top-secret')
  }
  const bearer = 'x.OAuthBearerLoginModule required'
  const endpoint = { 'sasl.oauthbearer.token.endpoint.url': 'https://idp/token' }
  t.strictSame(
    sasl('OAUTHBEARER', `${bearer} clientId="a" clientSecret="b" extension_pool="c";`, endpoint)
      .problems,
    [],
  )
  const problemOf = ({ problems }: ReturnType<typeof parsed>) => problems
  t.match(problemOf(sasl('OAUTHBEARER', `${bearer};`)), [['sasl.jaas.config', /token\.endpoint/]])
  t.match(problemOf(sasl('OAUTHBEARER', `${bearer};`, endpoint)), [
    ['sasl.jaas.config', /clientSecret/],
  ])
  t.match(problemOf(sasl('GSSAPI', `x.Krb5LoginModule ${user}`)), [['sasl.mechanism', /GSSAPI/]])
  t.match(problemOf(sasl('PLAIN', `x.ScramLoginModule ${user}`)), [
    ['sasl.jaas.config', /PlainLoginModule/],
  ])
  t.match(problemOf(sasl('PLAIN', `x.PlainLoginModule required username="a";`)), [
    ['sasl.jaas.config', /password/],
  ])
  t.match(problemOf(parsed({ 'security.protocol': 'SASL_SSL' })), [['sasl.mechanism', /missing/]])
  t.match(problemOf(parsed({ 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'PLAIN' })), [
    ['sasl.jaas.config', /missing/],
  ])
  t.match(problemOf(parsed({ 'security.protocol': 'TLS' })), [['security.protocol', String]])
  t.match(problemOf(parsed({ 'sasl.oauthbearer.assertion.file': 'a' })), [
    ['sasl.oauthbearer.assertion.file', /refused/],
  ])
  t.match(problemOf(parsed({ 'sasl.client.callback.handler.class': 'a.B' })), [
    ['sasl.client.callback.handler.class', /refused/],
  ])
})

t.test('TLS from PEM texts, PEM files and a PKCS12 keystore', async (t) => {
  const oneLine = (name: string) => text(name).replaceAll('\n', ' ')
  for (const settings of [
    {},
    { 'ssl.truststore.certificates': text('certificate.pem') },
    { 'ssl.truststore.certificates': oneLine('certificate.pem') },
    { 'ssl.truststore.type': 'PEM', 'ssl.truststore.location': file('certificate.pem') },
    { 'ssl.keystore.location': file('key-and-certificate.pem') },
    {
      'ssl.keystore.certificate.chain': text('certificate.pem'),
      'ssl.keystore.key': oneLine('encrypted-key.pem'),
      'ssl.key.password': 'secret',
    },
    { 'ssl.keystore.location': file('key.p12'), 'ssl.keystore.password': 'secret' },
    { 'ssl.enabled.protocols': 'TLSv1.3', 'ssl.cipher.suites': 'TLS_AES_256_GCM_SHA384' },
    { 'ssl.protocol': 'TLSv1.2' },
  ]) {
    const { settings: result, problems } = parsed({ ...tls, ...settings })
    t.strictSame(problems, [], Object.keys(settings).join(', '))
    t.ok(result.ssl?.secureContext)
  }
  t.equal(parsed(tls).settings.ssl?.checkServerIdentity, undefined)
  const anyHost = parsed({ ...tls, 'ssl.endpoint.identification.algorithm': '' }).settings.ssl
  t.type(anyHost?.checkServerIdentity, 'function')
  t.equal(parsed({ 'ssl.truststore.location': '/nowhere' }).settings.ssl, null, 'not without TLS')
})

t.test('what is wrong with stores is a problem of its key', async (t) => {
  for (const [key, words, settings] of [
    ['ssl.truststore.location', /JKS.*keytool/, { 'ssl.truststore.location': file('trust.jks') }],
    ['ssl.truststore.location', /openssl/, { 'ssl.truststore.location': file('trust.p12') }],
    ['ssl.truststore.location', /cannot be read/, { 'ssl.truststore.location': '/nowhere/x' }],
    ['ssl.truststore.certificates', /no certificate/, { 'ssl.truststore.certificates': 'x' }],
    [
      'ssl.keystore.location',
      /ssl\.keystore\.password/,
      { 'ssl.keystore.location': file('key.p12'), 'ssl.keystore.password': 'top-secret' },
    ],
    [
      'ssl.keystore.key',
      /ssl\.key\.password/,
      {
        'ssl.keystore.certificate.chain': text('certificate.pem'),
        'ssl.keystore.key': text('encrypted-key.pem'),
        'ssl.key.password': 'top-secret',
      },
    ],
    ['ssl.keystore.key', /missing/, { 'ssl.keystore.certificate.chain': text('certificate.pem') }],
    ['ssl.keystore.location', /JKS/, { 'ssl.keystore.location': file('trust.jks') }],
    ['ssl.keystore.location', /private key/, { 'ssl.keystore.location': file('certificate.pem') }],
    ['ssl.cipher.suites', /TLS_FOO/, { 'ssl.cipher.suites': 'TLS_FOO' }],
    ['ssl.enabled.protocols', /TLSv1\.2/, { 'ssl.enabled.protocols': 'SSLv3' }],
    [
      'ssl.endpoint.identification.algorithm',
      /https/,
      { 'ssl.endpoint.identification.algorithm': 'ldap' },
    ],
    ['ssl.engine.factory.class', /refused/, { 'ssl.engine.factory.class': 'a.B' }],
  ] as const) {
    const { problems } = parsed({ ...tls, ...settings })
    t.match(problems, [[key, words]], key)
    t.notMatch(JSON.stringify(problems), 'top-secret')
  }
})

t.test('cipher suites go by OpenSSL’s names', async (t) => {
  for (const [java, openssl] of [
    ['TLS_AES_128_GCM_SHA256', 'TLS_AES_128_GCM_SHA256'],
    ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'],
    ['TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-ECDSA-CHACHA20-POLY1305'],
    ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256', 'ECDHE-RSA-AES128-SHA256'],
    ['TLS_DHE_RSA_WITH_AES_128_GCM_SHA256', 'DHE-RSA-AES128-GCM-SHA256'],
    ['TLS_RSA_WITH_AES_256_CBC_SHA', 'AES256-SHA'],
  ] as const)
    t.equal(openSslCipher(java), openssl)
})

t.test('a token is renewed before it ends, and the old one does meanwhile', async (t) => {
  let asked = 0
  let nowMs = 0
  let isDown = false
  const token = cachedToken(
    async () => {
      if (isDown) throw new RetriableException('down')
      return { value: `token ${++asked}`, endsAt: nowMs + 1000 }
    },
    () => nowMs,
  )
  t.strictSame(await Promise.all([token(), token()]), ['token 1', 'token 1'])
  nowMs = 799
  t.equal(await token(), 'token 1')
  nowMs = 800
  isDown = true
  t.equal(await token(), 'token 1', 'while no other can be had')
  nowMs = 1000
  await t.rejects(token(), { code: 'CONNECT_RETRIABLE' }, 'not beyond its end')
  isDown = false
  t.equal(await token(), 'token 2')
})

t.test('an unsecured token carries the claims of the login module', async (t) => {
  const token = unsecuredToken(
    {
      unsecuredLoginStringClaim_sub: 'alice',
      unsecuredLoginNumberClaim_level: '7',
      unsecuredLoginListClaim_scope: '|a|b',
      unsecuredLoginLifetimeSeconds: '60',
    },
    1_000_000,
  )
  const [header, claims, signature] = token.split('.')
  const json = (part = '') => JSON.parse(Buffer.from(part, 'base64url').toString())
  t.strictSame(json(header), { alg: 'none' })
  t.strictSame(json(claims), { iat: 1000, exp: 1060, sub: 'alice', level: 7, scope: ['a', 'b'] })
  t.equal(signature, '')
})
