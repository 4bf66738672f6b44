import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { KafkaCluster } from '../../runtime/log/kafka/cluster.ts'
import { settingsOf } from '../../runtime/log/kafka/kafka-client.ts'
import { metadataRequest } from '../../runtime/log/kafka/protocol/requests/metadata.ts'
import { connectionSettings } from '../../runtime/log/kafka/settings/connection-settings.ts'
import { unsecuredToken } from '../../runtime/log/kafka/settings/unsecured-token.ts'
import type { ClientSettings, Fetched } from '../../runtime/log/log.ts'
import { openLog } from '../../runtime/log/open.ts'
import { batchOf, countOf, pollUntil, uniqueName, valuesOf } from '../contract/log-rig.ts'
import { Certificates } from '../helpers/certificates.ts'
import { startOwn } from '../helpers/services.ts'

const security = 'org.apache.kafka.common.security'
const plainUser = (password: string) =>
  `${security}.plain.PlainLoginModule required username="alice" password="${password}";`
const scramUser = (password: string) =>
  `${security}.scram.ScramLoginModule required username="alice" password="${password}";`
const bearer = (options: string) =>
  `${security}.oauthbearer.OAuthBearerLoginModule required ${options};`

const logger = { debug() {}, info() {}, warn() {}, error() {} }

/** A listener takes all mechanisms, each with a section of its own. */
const saslListener = (name: string): Record<string, string> => ({
  [`listener.name.${name}.plain.sasl.jaas.config`]: `${security}.plain.PlainLoginModule required user_alice="plain secret";`,
  [`listener.name.${name}.scram-sha-256.sasl.jaas.config`]: `${security}.scram.ScramLoginModule required;`,
  [`listener.name.${name}.scram-sha-512.sasl.jaas.config`]: `${security}.scram.ScramLoginModule required;`,
  [`listener.name.${name}.oauthbearer.sasl.jaas.config`]: bearer(
    'unsecuredLoginStringClaim_sub="broker"',
  ),
})

t.test('a broker that asks who we are', async (t) => {
  const folder = t.testdir({ ours: {}, strange: {} })
  const certificates = new Certificates(join(folder, 'ours'))
  const broker = certificates.sign('broker', ['IP:127.0.0.1'])
  const elsewhere = certificates.sign('elsewhere', ['DNS:kafka.example.org'])
  const client = certificates.sign('client', ['DNS:client'])
  const strangers = new Certificates(join(folder, 'strange'))

  const kafka = await startOwn(t, 'kafka', {
    heap: '256m',
    listeners: {
      SASL: 'SASL_PLAINTEXT',
      SHORT: 'SASL_PLAINTEXT',
      TLS: 'SSL',
      MUTUAL: 'SSL',
      ELSEWHERE: 'SSL',
      BOTH: 'SASL_SSL',
    },
    formatArguments: [
      ...['--add-scram', 'SCRAM-SHA-256=[name=alice,password=scram-secret]'],
      ...['--add-scram', 'SCRAM-SHA-512=[name=alice,password=scram-secret]'],
    ],
    settings: {
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
      ...saslListener('sasl'),
      ...saslListener('short'),
      ...saslListener('both'),
      'listener.name.short.plain.connections.max.reauth.ms': '2500',
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': broker.pemFile,
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': certificates.authorityFile,
      'listener.name.elsewhere.ssl.keystore.type': 'PEM',
      'listener.name.elsewhere.ssl.keystore.location': elsewhere.pemFile,
      'listener.name.mutual.ssl.client.auth': 'required',
    },
  })
  if (!kafka) return

  const open = async (listener: string | null, settings: ClientSettings) => {
    const address = listener === null ? kafka.url : kafka.info[listener]
    const java = { 'bootstrap.servers': address!, ...settings }
    const cluster = await KafkaCluster.open(settingsOf(connectionSettings(java)), {
      logger,
      clientId: 'security-test',
    })
    t.teardown(() => cluster.close())
    return cluster
  }
  /** Over the very listener: the addresses that brokers are known by are those of the listener that was asked. */
  const works = async (listener: string | null, settings: ClientSettings) => {
    const cluster = await open(listener, settings)
    const asked = metadataRequest({ topics: [], allowAutoTopicCreation: false })
    return (await cluster.send(1, asked)).controllerId
  }
  const sasl = (mechanism: string, jaas: string): ClientSettings => ({
    'security.protocol': 'SASL_PLAINTEXT',
    'sasl.mechanism': mechanism,
    'sasl.jaas.config': jaas,
  })
  const tls: ClientSettings = {
    'security.protocol': 'SSL',
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.certificates': certificates.authority,
  }

  await t.test('takes each mechanism', async (t) => {
    t.equal(await works('SASL', sasl('PLAIN', plainUser('plain secret'))), 1)
    t.equal(await works('SASL', sasl('SCRAM-SHA-256', scramUser('scram-secret'))), 1)
    t.equal(await works('SASL', sasl('SCRAM-SHA-512', scramUser('scram-secret'))), 1)
    const alice = bearer('unsecuredLoginStringClaim_sub="alice"')
    t.equal(await works('SASL', sasl('OAUTHBEARER', alice)), 1)
  })

  await t.test('is written and read over each kind of listener', async (t) => {
    const scram = sasl('SCRAM-SHA-512', scramUser('scram-secret'))
    for (const [listener, settings] of [
      ['SASL', sasl('OAUTHBEARER', bearer('unsecuredLoginStringClaim_sub="alice"'))],
      ['BOTH', { ...tls, ...scram, 'security.protocol': 'SASL_SSL' }],
      ['MUTUAL', { ...tls, 'ssl.keystore.location': client.pemFile }],
    ] as const) {
      const log = await openLog({
        kind: 'kafka',
        common: { 'bootstrap.servers': kafka.info[listener]!, ...settings },
      })
      const topic = uniqueName(listener)
      await log.createTopic({ topic, partitions: 1 })
      const task = log.scope({ task: 'a-0' })
      await task.log.append([batchOf({ topic, partition: 0 }, 0, 100)])
      const consumer = await task.log.consumer({ group: uniqueName('group'), topics: [topic] })
      const [fetched = []] = await pollUntil([consumer], ([own = []]) => countOf(own) >= 100)
      t.equal(valuesOf(fetched.flatMap(({ records }) => records)).at(-1), 'v99', listener)
      await consumer.close()
      await task.release()
      await log.close()
    }
  })

  await t.test('refuses a wrong password, once and in words', async (t) => {
    for (const [mechanism, jaas] of [
      ['PLAIN', plainUser('not it')],
      ['SCRAM-SHA-256', scramUser('not it')],
      ['SCRAM-SHA-512', scramUser('not it')],
    ] as const) {
      const error = await failure(open('SASL', sasl(mechanism, jaas)))
      t.match(error, { code: 'CONNECT_ERROR', hint: /sasl\.jaas\.config/ }, mechanism)
      t.match(error.message, kafka.info['SASL']!)
      t.notMatch(textOf(error), 'not it', 'the password is not told')
    }
  })

  await t.test('gets its token from an endpoint, and says why it refuses one', async (t) => {
    let lifetime = '3600'
    const asked: string[] = []
    const endpoint = createServer((request, response) => {
      asked.push(request.headers.authorization ?? '')
      const options = {
        unsecuredLoginStringClaim_sub: 'alice',
        unsecuredLoginLifetimeSeconds: lifetime,
      }
      if (lifetime === 'none') response.writeHead(401).end('{"error":"invalid_client"}')
      else response.end(JSON.stringify({ access_token: unsecuredToken(options) }))
    })
    await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve))
    t.teardown(() => endpoint.close())
    const { port } = endpoint.address() as AddressInfo
    const settings = {
      ...sasl('OAUTHBEARER', bearer('clientId="tapline" clientSecret="s3cret" scope="kafka"')),
      'sasl.oauthbearer.token.endpoint.url': `http://127.0.0.1:${port}/token`,
    }

    t.equal(await works('SASL', settings), 1)
    t.strictSame(asked, [`Basic ${Buffer.from('tapline:s3cret').toString('base64')}`])
    lifetime = '-60'
    t.match(await failure(open('SASL', settings)), {
      code: 'CONNECT_ERROR',
      message: /OAUTHBEARER|token/i,
    })
    lifetime = 'none'
    const refused = await failure(open('SASL', settings))
    t.match(refused, { code: 'CONNECT_ERROR', message: /invalid_client/, hint: /clientSecret/ })
    t.notMatch(textOf(refused), 's3cret')
    endpoint.close()
    endpoint.closeAllConnections()
    t.match(await failure(open('SASL', settings)), { code: 'CONNECT_RETRIABLE' })
  })

  await t.test('lets us stay when the session ends, with many requests under way', async (t) => {
    const cluster = await open('SHORT', sasl('PLAIN', plainUser('plain secret')))
    const end = Date.now() + 6000
    let answers = 0
    while (Date.now() < end) {
      await Promise.all(
        Array.from({ length: 5 }, () =>
          cluster.metadata([], { fresh: true }).then(() => answers++),
        ),
      )
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    t.ok(answers > 5)
  })

  await t.test('goes on writing and reading over the ends of sessions', async (t) => {
    const log = await openLog({
      kind: 'kafka',
      common: {
        'bootstrap.servers': kafka.info['SHORT']!,
        ...sasl('PLAIN', plainUser('plain secret')),
      },
    })
    t.teardown(() => log.close())
    const topic = uniqueName('short')
    await log.createTopic({ topic, partitions: 2 })
    const consumer = await log.consumer({ group: uniqueName('group'), topics: [topic] })
    const end = Date.now() + 6000
    let written = 0
    const write = async (partition: number) => {
      for (let from = 0; Date.now() < end; from += 10) {
        await log.append([batchOf({ topic, partition }, from, 10)])
        written += 10
      }
    }
    const writing = Promise.all([write(0), write(1)])
    const fetched: Fetched[] = []
    while (Date.now() < end) fetched.push(...(await consumer.poll({ timeoutMs: 100 })))
    await writing
    const [rest = []] = await pollUntil(
      [consumer],
      ([own = []]) => countOf(own) + countOf(fetched) >= written,
    )
    const all = [...fetched, ...rest]
    for (const partition of [0, 1]) {
      const values = valuesOf(
        all.filter((each) => each.partition === partition).flatMap(({ records }) => records),
      )
      t.strictSame(
        values,
        values.map((_, n) => `v${n}`),
        'each once, in order',
      )
    }
    t.equal(countOf(all), written)
    await consumer.close()
  })

  await t.test('speaks TLS', async (t) => {
    t.equal(await works('TLS', tls), 1)
    t.equal(
      await works('TLS', {
        'security.protocol': 'SSL',
        'ssl.truststore.location': certificates.authorityFile,
        'ssl.enabled.protocols': 'TLSv1.2',
        'ssl.cipher.suites': 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
      }),
      1,
      'from a file, with an older version and one suite',
    )
    t.equal(
      await works('BOTH', {
        ...tls,
        ...sasl('SCRAM-SHA-512', scramUser('scram-secret')),
        'security.protocol': 'SASL_SSL',
      }),
      1,
    )
  })

  await t.test('is not trusted without its authority, nor under another name', async (t) => {
    const stranger = { ...tls, 'ssl.truststore.certificates': strangers.authority }
    t.match(await failure(open('TLS', stranger)), {
      code: 'CONNECT_ERROR',
      hint: /ssl\.truststore/,
    })
    t.match(await failure(open('ELSEWHERE', tls)), {
      code: 'CONNECT_ERROR',
      hint: /ssl\.endpoint\.identification\.algorithm/,
    })
    t.equal(await works('ELSEWHERE', { ...tls, 'ssl.endpoint.identification.algorithm': '' }), 1)
  })

  await t.test('wants a certificate of ours', async (t) => {
    const inline = {
      ...tls,
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.certificate.chain': client.certificate,
      'ssl.keystore.key': client.encryptedKey.replaceAll('\n', ' '),
      'ssl.key.password': client.password,
    }
    t.equal(await works('MUTUAL', inline), 1)
    t.equal(await works('MUTUAL', { ...tls, 'ssl.keystore.location': client.pemFile }), 1)
    t.equal(
      await works('MUTUAL', {
        ...tls,
        'ssl.keystore.type': 'PKCS12',
        'ssl.keystore.location': client.pkcs12File,
        'ssl.keystore.password': client.password,
      }),
      1,
    )
    t.match(await failure(open('MUTUAL', tls)), { hint: /ssl\.keystore/ }, 'none')
    const strange = strangers.sign('stranger', ['DNS:stranger'])
    t.match(
      await failure(open('MUTUAL', { ...tls, 'ssl.keystore.location': strange.pemFile })),
      { hint: /ssl\.keystore/ },
      'of an authority that the broker does not know',
    )
  })

  await t.test('says that the protocol is the wrong one for the port', async (t) => {
    const hint = { hint: /security\.protocol/ }
    t.match(await failure(open('TLS', {})), { ...hint, message: /speaks TLS/ }, 'plain to TLS')
    t.match(await failure(open(null, tls)), hint, 'TLS to plain')
    t.match(await failure(open('SASL', {})), hint, 'without SASL to SASL')
    const plain = sasl('PLAIN', plainUser('plain secret'))
    t.match(await failure(open(null, plain)), { ...hint, code: 'CONNECT_ERROR' }, 'SASL to plain')
  })
})

async function failure(attempt: Promise<KafkaCluster>): Promise<Error> {
  return attempt.then(
    () => new Error('it was accepted'),
    (error) => error,
  )
}

/** All that could be shown of it. */
function textOf(error: Error): string {
  return `${error.message} ${error.stack} ${JSON.stringify(error)} ${textOfCause(error.cause)}`
}

function textOfCause(cause: unknown): string {
  return cause instanceof Error ? textOf(cause) : ''
}
