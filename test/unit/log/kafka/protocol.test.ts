import t from 'tap'
import { decodeAnswer } from '../../../../runtime/log/kafka/protocol/decode-answer.ts'
import type { KafkaRequest } from '../../../../runtime/log/kafka/protocol/request.ts'
import { heartbeatRequest } from '../../../../runtime/log/kafka/protocol/requests/heartbeat.ts'
import { offsetFetchRequest } from '../../../../runtime/log/kafka/protocol/requests/offset-fetch.ts'
import { WireWriter } from '../../../../runtime/log/kafka/protocol/wire-writer.ts'
import { compareVersions, spokenApis } from '../../../../runtime/log/kafka/versions.ts'
import { cases, vectors } from './protocol-cases.ts'

async function encoded(request: KafkaRequest<unknown>): Promise<Buffer> {
  const writer = new WireWriter()
  await request.encode(writer)
  const bytes = Buffer.concat(writer.chunks())
  if (bytes.length !== writer.length) throw new Error('the length is not what was written')
  return bytes
}

/** As it stands behind the correlation id. */
function answerBytes(request: KafkaRequest<unknown>, hex: string): Buffer {
  return Buffer.from((request.isFlexible ? '00' : '') + hex, 'hex')
}

t.test(
  'requests are written as Kafka writes them, and answers read as it wrote them',
  async (t) => {
    t.equal(cases.length, vectors.length)
    for (const [at, [request, answer]] of cases.entries()) {
      const vector = vectors[at]!
      const name = `${vector.api} ${vector.version}`
      t.equal(`${request.apiName} ${request.apiVersion}`, name)
      t.equal((await encoded(request)).toString('hex'), vector.requestHex, `${name}: request`)
      const bytes = answerBytes(request, vector.responseHex)
      t.strictSame(await decodeAnswer(request, bytes), answer, `${name}: answer`)
    }
  },
)

t.test('every request that is spoken has its vector', async (t) => {
  const tested = new Set(vectors.map(({ api, version }) => `${api} ${version}`))
  const spoken = spokenApis.map(({ apiName, apiVersion }) => `${apiName} ${apiVersion}`)
  t.strictSame(
    spoken.filter((each) => !tested.has(each)),
    [],
  )
})

t.test('an answer that is cut anywhere is an error that names the request', async (t) => {
  for (const [at, [request]] of cases.entries()) {
    const whole = answerBytes(request, vectors[at]!.responseHex)
    for (let size = 0; size < whole.length; size++) {
      const cut = decodeAnswer(request, whole.subarray(0, size))
      const error = await cut.then(
        () => undefined,
        (error: Error) => error,
      )
      if (error?.name === 'AnswerException' && error.message.includes(request.apiName)) continue
      t.fail(`${request.apiName}, ${size} of ${whole.length} bytes`, { error })
    }
  }
  t.pass('all cuts were seen')
})

t.test('bytes behind the end of an answer are an error', async (t) => {
  const request = heartbeatRequest({ group: 'g', generation: 1, memberId: 'm' })
  await t.rejects(decodeAnswer(request, Buffer.alloc(7)), { name: 'AnswerException' })
})

t.test(
  'a garbled answer gives a value or an AnswerException, soon, and nothing from outside',
  async (t) => {
    const random = mulberry32(0x4b61_666b)
    let refused = 0
    for (let round = 0; round < 300; round++) {
      for (const [at, [request]] of cases.entries()) {
        const whole = answerBytes(request, vectors[at]!.responseHex)
        // What lies before and after would show if a read went past the ends.
        const secret = Buffer.alloc(whole.length + 64, 'S')
        const bytes = secret.subarray(32, 32 + whole.length)
        whole.copy(bytes)
        for (let flips = 1 + (random() % 3); flips > 0; flips--)
          bytes[random() % bytes.length] = random()
        try {
          const answer = await decodeAnswer(request, bytes)
          if (/SSSS|83,83,83,83/.test(JSON.stringify(answer, plain))) t.fail('read past an end')
        } catch (error) {
          if ((error as Error).name !== 'AnswerException') throw error
          refused++
        }
      }
    }
    t.ok(refused > 1000, 'many of them cannot be read')
  },
)

t.test('tagged fields of later brokers are skipped', async (t) => {
  // One tag, 5, with two bytes: in the header, behind each partition and each topic, and at the end.
  const tag = '010502abcd'
  const partition = `00000003000000000000002affffffff000000${tag}`
  const bytes = Buffer.from(`${tag}0000000002026102${partition}${tag}0000${tag}`, 'hex')
  const request = offsetFetchRequest({ group: 'g', topics: null })
  t.strictSame(await decodeAnswer(request, bytes), {
    throttleMs: 0,
    topics: [
      {
        topic: 'a',
        partitions: [{ partition: 3, offset: 42, leaderEpoch: -1, metadata: null, errorCode: 0 }],
      },
    ],
    errorCode: 0,
  })
})

t.test('versions are compared in plain words', async (t) => {
  const ranges = spokenApis.map(({ apiKey, apiVersion }) => ({
    apiKey,
    min: apiVersion,
    max: apiVersion,
  }))
  t.strictSame(compareVersions('a:9092', ranges), [])
  const changed = ranges
    .filter(({ apiKey }) => apiKey !== 47)
    .map((range) => {
      if (range.apiKey === 1) return { apiKey: 1, min: 12, max: 18 }
      return range.apiKey === 3 ? { apiKey: 3, min: 0, max: 9 } : range
    })
  t.strictSame(compareVersions('a:9092', changed), [
    'Broker a:9092 serves Fetch 12-18, this worker speaks 11: the broker is too new for it, update the worker.',
    'Broker a:9092 serves Metadata 0-9, this worker speaks 12: Kafka 3.1 or later is needed.',
    'Broker a:9092 does not serve OffsetDelete: Kafka 3.1 or later is needed.',
  ])
})

function plain(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}

/** Random numbers that are the same in every run. */
function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
}
