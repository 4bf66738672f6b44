import t from 'tap'
import {
  ConfigException,
  ConnectException,
  RetriableException,
} from '../../../runtime/api/index.ts'
import { inConnectsWords, untilOpen } from '../../../runtime/log/until-open.ts'

const away = new RetriableException('Kafka broker b:1: nobody listens there', {
  hint: 'Check bootstrap.servers.',
})

function rig(failures: readonly Error[]) {
  const warnings: string[] = []
  let calls = 0
  return {
    warnings,
    calls: () => calls,
    open: async () => {
      const failure = failures[calls++]
      if (failure) throw failure
      return 'the log'
    },
    logger: {
      debug() {},
      info() {},
      error() {},
      warn: (_: object, message: string) => warnings.push(message),
    },
  }
}

t.test('a log that is away for a while is opened when it is back', async (t) => {
  const { open, logger, warnings, calls } = rig([away, away])
  t.equal(await untilOpen(open, { timeoutMs: 60_000, logger }), 'the log')
  t.equal(calls(), 3)
  t.equal(warnings.length, 2)
})

t.test('the time ends it, and so does what no time mends', async (t) => {
  const late = rig([away, away, away, away, away])
  await t.rejects(untilOpen(late.open, { timeoutMs: 150, logger: late.logger }), away)
  t.ok(late.calls() >= 2)
  const refusal = new ConnectException('The broker is too old')
  const refused = rig([refusal])
  await t.rejects(untilOpen(refused.open, { timeoutMs: 60_000, logger: refused.logger }), refusal)
  t.equal(refused.calls(), 1)
})

t.test('it is said in the words of Kafka Connect, with the reason', async (t) => {
  t.match(inConnectsWords(away), {
    code: 'CONNECT_ERROR',
    message:
      "Failed to connect to and describe Kafka cluster. Check worker's broker connection and security properties.",
    hint: 'Kafka broker b:1: nobody listens there Check bootstrap.servers.',
    cause: away,
  })
  const mistake = new ConfigException([['acks', 'no']])
  t.equal(inConnectsWords(mistake), mistake)
})
