import type { Test } from 'tap'
import type { Log } from '../../runtime/log/log.ts'
import { openLog } from '../../runtime/log/open.ts'
import { service } from '../helpers/services.ts'
import { logContract } from './log.ts'
import { uniqueName } from './log-rig.ts'

// What a member that died without a word takes with it, others get after that time.
const members = { 'session.timeout.ms': '6000', 'heartbeat.interval.ms': '500' }

async function openOn(t: Test): Promise<Log | undefined> {
  const broker = await service(t, 'kafka')
  if (broker === undefined) return undefined
  const servers = `${broker.host}:${broker.port}`
  const log = await openLog({ kind: 'kafka', common: { 'bootstrap.servers': servers, ...members } })
  t.teardown(() => log.close())
  return log
}

logContract('the Kafka log', { open: openOn })

logContract("a task's transactional view of the Kafka log", {
  gap: 1,
  async open(t) {
    const log = await openOn(t)
    const scope = log?.scope({
      task: 'contract-0',
      transactionalId: uniqueName('contract'),
      consumer: { ...members, 'isolation.level': 'read_committed' },
    })
    t.teardown(() => scope?.release())
    return scope?.log
  },
})
