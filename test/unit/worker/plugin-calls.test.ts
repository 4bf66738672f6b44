import t from 'tap'
import { PluginCalls } from '../../../runtime/worker/plugin-calls.ts'

const probes = new URL('../../helpers/probe-plugins/', import.meta.url).href
const logger = { debug() {}, info() {}, warn() {}, error() {} }
const config = { 'connector.class': 'ProbeSource', topic: 'numbers' }

t.test(
  'a call that does not answer ends at its deadline; one that hangs its thread costs no other',
  async (t) => {
    const calls = new PluginCalls([probes], logger)
    t.teardown(() => calls.close())
    const ask = (more: object, op: 'check' | 'tasks', deadlineMs: number) =>
      calls.ask({ op, connector: 'probe', config: { ...config, ...more }, max: 1 }, deadlineMs)

    await t.rejects(ask({ topic: 'deaf' }, 'check', 300), { code: 'CONNECT_TIMEOUT' })
    t.strictSame(await ask({}, 'check', 10_000), {}, 'the thread lives')

    const hanging = ask({ 'tasks.spin': 'true' }, 'tasks', 300)
    const behind = ask({}, 'tasks', 20_000)
    await t.rejects(hanging, {
      code: 'CONNECT_TIMEOUT',
      message: /tasks of connector probe did not answer within 0.3 s/,
    })
    t.strictSame(await behind, [{ number: '0' }], 'it is asked again in another thread')
  },
)

t.test('what a connector throws crosses with its code', async (t) => {
  const calls = new PluginCalls([probes], logger)
  t.teardown(() => calls.close())
  const question = {
    op: 'validate',
    connector: 'probe',
    config: { 'connector.class': 'ProbeSource' },
    max: 1,
  } as const
  await t.rejects(calls.ask(question, 10_000), {
    code: 'CONNECT_CONFIG',
    message: /Missing required configuration "topic"/,
  })
})
