import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { workerHealth } from '../../../runtime/herder/health.ts'
import { WorkQueue } from '../../../runtime/herder/work-queue.ts'

t.test('work is done one piece after the other, whatever becomes of each', async (t) => {
  const queue = new WorkQueue()
  const done: string[] = []
  const outcomes = await Promise.allSettled([
    queue.request('first', async () => {
      await setTimeout(20)
      done.push('first')
    }),
    queue.request('second', () => {
      done.push('second')
      throw new Error('no')
    }),
    queue.request('third', () => done.push('third')),
  ])
  t.strictSame(done, ['first', 'second', 'third'])
  t.strictSame(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
})

t.test('a request that waits too long learns what the worker is busy with', async (t) => {
  const queue = new WorkQueue(30)
  await t.rejects(queue.inTime(new Promise(() => {})), {
    code: 'CONNECT_TIMEOUT',
    message: 'Request timed out',
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  const slow = queue.run('starting the connector', () => promise)
  await t.rejects(
    queue.request('next', () => {}),
    {
      code: 'CONNECT_TIMEOUT',
      message:
        /^Request timed out\. The worker is currently starting the connector, which began at \d{4}-\d\d-\d\dT[\d:.]+Z\.$/,
    },
  )
  resolve()
  await slow
  await queue.run('next', () => {})
  await t.rejects(queue.inTime(new Promise(() => {})), {
    message:
      /^Request timed out\. The last operation the worker completed was next, which began at \S+Z and completed at \S+Z\.$/,
  })
})

t.test('health says whether the herder gets to its work', async (t) => {
  const queue = new WorkQueue()
  let isReady = false
  const health = () => workerHealth(queue, () => isReady, 20)
  t.strictSame(await health(), {
    status: 'healthy',
    message: 'Worker has completed startup and is ready to handle requests.',
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  const start = queue.run('reading to the end of the config topic', () => promise)
  t.match(await health(), {
    status: 'starting',
    message:
      /^Worker is still starting up\. The worker is currently reading to the end of the config topic, which began at \S+\.$/,
  })
  isReady = true
  t.match(await health(), {
    status: 'unhealthy',
    message:
      /^Worker was unable to handle this request and may be unable to handle other requests\. The worker is currently /,
  })
  resolve()
  await start
  t.match(await health(), { status: 'healthy' })
})

t.test('when it is closed what waits is refused, what is under way ends', async (t) => {
  const queue = new WorkQueue()
  const { promise, resolve } = Promise.withResolvers<string>()
  const under = queue.run('first', () => promise)
  await setTimeout(0)
  const waiting = queue.run('second', () => 'never')
  const closed = queue.close()
  resolve('done')
  await t.rejects(waiting, { message: 'Worker is shutting down' })
  t.equal(await under, 'done')
  await closed
  await t.rejects(
    queue.request('late', () => {}),
    { message: 'Worker is shutting down' },
  )
})
