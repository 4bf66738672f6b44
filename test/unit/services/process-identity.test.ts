import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { identify, isAlive, isGroupAlive } from '../../services/process-identity.ts'

t.test('a process is known by more than its pid', async (t) => {
  const self = identify(process.pid)
  t.ok(self && isAlive(self))
  t.notOk(isAlive({ pid: process.pid, startedAt: '1' }), 'another one had the pid before')
})

t.test('what has ended is not alive, nor its group', async (t) => {
  const child = spawn('sh', ['-c', 'sleep 60 & wait'], { detached: true, stdio: 'ignore' })
  await once(child, 'spawn')
  const pid = child.pid!
  const identity = identify(pid)!
  t.ok(isAlive(identity))
  t.ok(isGroupAlive(pid))
  process.kill(-pid, 'SIGKILL')
  await once(child, 'exit')
  t.notOk(isAlive(identity))
  t.equal(identify(pid), undefined)
  while (isGroupAlive(pid)) await new Promise(setImmediate)
})
