import t from 'tap'
import { ConnectException, RetriableException } from '../../../../runtime/api/errors.ts'
import { errorCodes } from '../../../../runtime/log/kafka/protocol/error-codes.ts'
import {
  AnswerException,
  atSeam,
  BrokerException,
  brokerError,
  check,
} from '../../../../runtime/log/kafka/protocol/errors.ts'
import { heartbeatApi } from '../../../../runtime/log/kafka/protocol/requests/heartbeat.ts'

function thrown(code: number, detail?: string): BrokerException {
  try {
    check(code, 'Topic "a", partition 3: write', detail)
  } catch (error) {
    if (error instanceof BrokerException) return error
  }
  throw new Error(`check let ${code} pass`)
}

t.test('every code up to 4.3 is known, once, in words', async (t) => {
  const codes = errorCodes.map(([code]) => code)
  t.strictSame(codes, [-1, ...Array.from({ length: 133 }, (_, at) => at + 1)])
  t.equal(new Set(errorCodes.map(([, name]) => name)).size, codes.length)
  for (const [code, name, , message] of errorCodes) {
    t.match(name, /^[A-Z_]+$/)
    t.notMatch(message, /\.$|^[A-Z]/, `${code} goes behind a colon`)
  }
})

t.test('0 is no error, and a later code keeps its number', async (t) => {
  t.equal(brokerError(0), null)
  check(0, 'nothing')
  t.match(brokerError(4711), { code: 4711, name: 'ERROR_4711', isRetriable: false })
})

t.test('what was tried, what went wrong and what the broker said are all there', async (t) => {
  const error = thrown(6, 'see broker 2')
  t.equal(
    error.message,
    'Topic "a", partition 3: write: another broker leads the partition now (NOT_LEADER_OR_FOLLOWER): see broker 2',
  )
  t.match(error, { errorCode: 6, errorName: 'NOT_LEADER_OR_FOLLOWER', isRetriable: true })
})

t.test('at the seam, each error is of the class that the host knows', async (t) => {
  const classes = {
    CONNECT_RETRIABLE: [3, 5, 6, 7, 13, 14, 15, 16, 19, 20, 27, 41, 51, 56, 74, 88, 89, 129],
    CONNECT_FENCED: [22, 25, 47, 82, 90, 110],
    CONNECT_CONFLICT: [68, 86],
    CONNECT_NOT_FOUND: [69],
    CONNECT_ALREADY_EXISTS: [36],
    CONNECT_CORRUPT: [2],
    CONNECT_ERROR: [-1, 1, 10, 18, 29, 30, 31, 35, 37, 40, 44, 53, 58, 87, 4711],
  }
  for (const [code, numbers] of Object.entries(classes))
    for (const number of numbers)
      t.match(atSeam(thrown(number), 'write'), { code }, `${number}: ${code}`)
})

t.test('an unknown topic is what the caller says it is', async (t) => {
  const options = { unknownTopic: 'not-found' } as const
  t.match(atSeam(thrown(3), 'write', options), { code: 'CONNECT_NOT_FOUND' })
  t.match(atSeam(thrown(6), 'write', options), { code: 'CONNECT_RETRIABLE' })
})

t.test('who may not, or sends too much, is told what to do', async (t) => {
  t.match(atSeam(thrown(29), 'write'), { hint: /kafka-acls/ })
  t.match(atSeam(thrown(10), 'write'), { hint: /max\.message\.bytes/ })
  t.match(atSeam(thrown(10), 'write', { hint: 'Mine.' }), { hint: 'Mine.' })
})

t.test(
  'trouble on the way is retriable, a bug is not, and what is of the seam stays',
  async (t) => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { syscall: 'connect' })
    t.match(atSeam(refused, 'Broker a:9092'), {
      code: 'CONNECT_RETRIABLE',
      message: 'Broker a:9092: connect ECONNREFUSED',
      cause: refused,
    })
    const garbled = new AnswerException(heartbeatApi, new RangeError('it ends at byte 3'))
    t.match(atSeam(garbled, 'x'), { code: 'CONNECT_RETRIABLE', message: /Heartbeat \(version 3\)/ })
    t.match(atSeam(new TypeError('no'), 'x'), { code: 'CONNECT_ERROR', message: 'x: no' })
    t.match(atSeam('text', 'x'), { code: 'CONNECT_ERROR', message: 'x: text' })
    const ours = new RetriableException('busy')
    t.equal(atSeam(ours, 'x'), ours)
    t.ok(atSeam(thrown(6), 'x') instanceof ConnectException)
  },
)
