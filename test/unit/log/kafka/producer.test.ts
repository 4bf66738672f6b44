import t from 'tap'
import { batchOf, bytesOf, FakeBrokers } from './fake-brokers.ts'

const NOT_LEADER = 6
const REQUEST_TIMED_OUT = 7
const OUT_OF_ORDER = 45
const POLICY_VIOLATION = 44

const a = { topic: 'a', partition: 0 }
const b = { topic: 'a', partition: 1 }
const named = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => `v${from + i}`)
const retriable = { code: 'CONNECT_RETRIABLE' }
/** The answer is lost, with the batch or without it. */
const lostAnswer = { isWritten: true, errorCode: null }
const lostBatch = { isWritten: false, errorCode: null }

t.test(
  'batches of one partition go one by one and in order, those of several share requests',
  async (t) => {
    const brokers = new FakeBrokers()
    const producer = brokers.producer()
    const calls = [0, 1, 2].map((n) =>
      producer.append([batchOf(a, n * 2, 2), batchOf(b, n * 2, 2)]),
    )
    t.same(await Promise.all(calls), [
      [0, 0],
      [2, 2],
      [4, 4],
    ])
    t.same(brokers.requests, [2, 2, 2])
    t.same(
      brokers.sent.filter(({ place }) => place === 'a/0').map(({ sequence }) => sequence),
      [0, 2, 4],
    )
    t.same(brokers.logs.get('a/1'), named(0, 6))
  },
)

t.test(
  'a lost answer is asked for again under the same number: the batch is there once',
  async (t) => {
    for (const fate of [lostAnswer, lostBatch]) {
      const brokers = new FakeBrokers()
      brokers.fates.push(fate, { isWritten: fate.isWritten, errorCode: REQUEST_TIMED_OUT })
      const producer = brokers.producer()
      t.same(await producer.append([batchOf(a, 0, 3)]), [0])
      t.same(await producer.append([batchOf(a, 3, 3)]), [3])
      t.same(brokers.logs.get('a/0'), named(0, 6))
      t.same(new Set(brokers.sent.map(({ producerId }) => producerId)).size, 1)
    }
  },
)

t.test(
  'the caller gets batches back after a while, and each lands once when it comes again',
  async (t) => {
    for (const fate of [lostAnswer, lostBatch]) {
      const brokers = new FakeBrokers()
      const producer = brokers.producer({ patienceMs: 0 })
      await producer.append([batchOf(a, 0, 2)])
      brokers.fates.push(fate)
      const first = [batchOf(a, 2, 2), batchOf(b, 0, 2)]
      const second = [batchOf(a, 4, 2)]
      const outcomes = await Promise.allSettled([producer.append(first), producer.append(second)])
      t.same(
        outcomes.map(({ status }) => status),
        ['rejected', 'rejected'],
        'also what waited behind',
      )
      t.same(await producer.append(first), [2, 0])
      t.same(await producer.append(second), [4])
      t.same(brokers.logs.get('a/0'), named(0, 6))
      t.same(brokers.logs.get('a/1'), named(0, 2))
    }
  },
)

t.test('no number is given twice while its first batch may be in the log', async (t) => {
  const brokers = new FakeBrokers()
  const producer = brokers.producer({ patienceMs: 0 })
  await producer.append([batchOf(a, 0, 2)])
  brokers.fates.push(lostAnswer)
  const lost = batchOf(a, 2, 2)
  await t.rejects(producer.append([lost]), retriable)
  t.same(await producer.append([batchOf(a, 10, 2)]), [4], 'another one, of the same size')
  t.same(brokers.sent.at(-1)?.sequence, 0)
  t.same(brokers.sent.at(-1)?.producerId, 2)
  t.same(await producer.append([lost]), [2], 'it is there, where it was')
  t.same(await producer.append([batchOf(a, 12, 2)]), [6])
  t.same(brokers.logs.get('a/0'), ['v0', 'v1', 'v2', 'v3', 'v10', 'v11', 'v12', 'v13'])
})

t.test('a broker that lost track gets another identity and the same batches', async (t) => {
  const brokers = new FakeBrokers()
  const producer = brokers.producer()
  await producer.append([batchOf(a, 0, 2), batchOf(b, 0, 2)])
  brokers.fates.push({ isWritten: false, errorCode: OUT_OF_ORDER })
  const calls = [2, 4].map((from) => producer.append([batchOf(a, from, 2)]))
  t.same(await Promise.all(calls), [[2], [4]])
  t.same(await producer.append([batchOf(b, 2, 2)]), [2])
  t.same(brokers.logs.get('a/0'), named(0, 6))
  const identities = (place: string) =>
    brokers.sent.filter((each) => each.place === place).map(({ producerId }) => producerId)
  t.same(identities('a/0'), [1, 1, 2, 2])
  t.same(identities('a/1'), [1, 1], 'the other partition keeps what it has')
})

t.test('a refusal reaches its caller alone; what waited behind comes again', async (t) => {
  const brokers = new FakeBrokers()
  const producer = brokers.producer()
  await producer.append([batchOf(a, 0, 2)])
  brokers.fates.push({ isWritten: false, errorCode: POLICY_VIOLATION })
  const refused = producer.append([batchOf(a, 50, 2)])
  const batch = batchOf(a, 2, 2)
  const behind = producer.append([batch])
  await t.rejects(refused, { code: 'CONNECT_ERROR', message: /POLICY_VIOLATION/ })
  await t.rejects(behind, retriable)
  t.same(await producer.append([batch]), [2])
  t.same(brokers.sent.at(-1)?.sequence, 2, 'its number goes to the next')
})

t.test('a leader that moved is found without a word to the caller', async (t) => {
  const brokers = new FakeBrokers()
  const producer = brokers.producer()
  brokers.fates.push(
    ...Array.from({ length: 5 }, () => ({ isWritten: false, errorCode: NOT_LEADER })),
  )
  t.same(await producer.append([batchOf(a, 0, 2)]), [0])
})

t.test('all is looked at before anything is sent', async (t) => {
  const brokers = new FakeBrokers()
  const producer = brokers.producer()
  const good = batchOf(a, 0, 1)
  for (const partition of [3, -1, 0.5])
    await t.rejects(producer.append([good, batchOf({ topic: 'a', partition }, 0, 1)]), {
      code: 'CONNECT_ERROR',
    })
  t.same(brokers.sent, [])
  t.same(await producer.append([good]), [0])
})

t.test('calls beyond the buffer wait, and all are written in order', async (t) => {
  const brokers = new FakeBrokers()
  const size = bytesOf(batchOf(a, 0, 1))
  const producer = brokers.producer({ bufferBytes: size * 2 })
  const open = Promise.withResolvers<void>()
  brokers.gate = open.promise
  const calls = Array.from({ length: 9 }, (_, i) => producer.append([batchOf(a, i, 1)]))
  const large = producer.append([batchOf(a, 9, 100)])
  open.resolve()
  t.same((await Promise.all(calls)).flat(), [0, 1, 2, 3, 4, 5, 6, 7, 8])
  t.same(await large, [9], 'what is larger than all of it passes alone')
  t.same(brokers.logs.get('a/0'), named(0, 109))
})

t.test('close writes what was handed over, and takes nothing more', async (t) => {
  const brokers = new FakeBrokers()
  const producer = brokers.producer()
  const calls = [0, 1, 2].map((n) => producer.append([batchOf(a, n, 1)]))
  await producer.close()
  t.same(await Promise.all(calls), [[0], [1], [2]])
  await t.rejects(producer.append([batchOf(a, 3, 1)]), retriable)
})
