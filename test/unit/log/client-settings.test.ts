import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import t from 'tap'
import { checkClientSettings, checkWorkerClients } from '../../../runtime/log/client-settings.ts'

const common = { 'bootstrap.servers': 'b:1' }
const none = { producer: {}, consumer: {}, admin: {} }

t.test('every remark on a worker file stands on its own key, once', async (t) => {
  t.strictSame(checkWorkerClients({ common, ...none }), { problems: [], warnings: [] })
  const { problems, warnings } = checkWorkerClients({
    common: { ...common, 'metric.reporters': '', 'send.buffer.bytes': '1' },
    producer: { acks: '7', 'linger.ms': '1', 'send.buffer.bytes': '1' },
    consumer: { 'enable.auto.commit': 'true' },
    admin: { retrys: '1' },
  })
  t.match(problems, [
    ['producer.acks', /acks: String must be one of/],
    ['consumer.enable.auto.commit', /leave the key out/],
  ])
  t.equal(problems.length, 2)
  const keys = warnings.map(([key]) => key)
  t.strictSame(keys.sort(), [
    'admin.retrys',
    'metric.reporters',
    'producer.linger.ms',
    'producer.send.buffer.bytes',
    'send.buffer.bytes',
  ])
  t.ok(warnings.every(([key, message]) => message.startsWith(`${key} has no effect`)))
})

t.test('settings of one client are seen together', async (t) => {
  const { problems } = checkClientSettings('consumer', {
    ...common,
    'session.timeout.ms': '1000',
    'heartbeat.interval.ms': '1000',
  })
  t.match(problems, [['heartbeat.interval.ms', /lower than/]])
  t.match(checkClientSettings('admin', {}).problems, [['bootstrap.servers', /Missing required/]])
})

t.test('no client is loaded for it', async (t) => {
  const seen = new Set<string>()
  const follow = (file: string): void => {
    if (seen.has(file)) return
    seen.add(file)
    const text = readFileSync(file, 'utf8').replace(/^import type .*$/gm, '')
    for (const [, target = ''] of text.matchAll(/\bfrom '([^']+)'/g)) {
      if (target.startsWith('.')) follow(resolve(file, '..', target))
      else t.match(target, /^node:/, `${file} imports ${target}`)
    }
  }
  follow(resolve(import.meta.dirname, '../../../runtime/log/client-settings.ts'))
  t.ok(seen.size > 5)
})
