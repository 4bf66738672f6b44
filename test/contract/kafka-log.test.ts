import type { Test } from 'tap'
import { openLog } from '../../runtime/log/open.ts'
import { service } from '../helpers/services.ts'
import { logContract } from './log.ts'

async function openOn(t: Test) {
  const broker = await service(t, 'kafka')
  if (broker === undefined) return undefined
  const log = await openLog({
    kind: 'kafka',
    common: {
      'bootstrap.servers': `${broker.host}:${broker.port}`,
      // What a member that died without a word takes with it, others get after that time.
      'session.timeout.ms': '6000',
      'heartbeat.interval.ms': '500',
    },
  })
  t.teardown(() => log.close())
  return log
}

logContract('the Kafka log', { open: openOn })
