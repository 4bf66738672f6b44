import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { processesOf } from '../helpers/processes.ts'
import { roundTrips } from '../helpers/round-trips.ts'
import { service, startOwn } from '../helpers/services.ts'
import { findCommand } from '../services/run-command.ts'
import { serverKinds } from '../services/servers/index.ts'

t.setTimeout(900_000)
const root = resolve(import.meta.dirname, '../..')
const fixtures = join(root, 'test/fixtures/services')
const names = serverKinds.map(({ name }) => name)

t.test('every server starts, does what it is for, and is gone afterwards', async (t) => {
  t.strictSame(Object.keys(roundTrips).toSorted(), names.toSorted())
  for (const { name, tool } of serverKinds) {
    let folder = ''
    await t.test(name, async (t) => {
      const found = await (tool ? service(t, name) : startOwn(t, name))
      if (!found) return
      folder = found.info['folder'] ?? ''
      t.equal(found.port > 15_000, !tool, 'no standard port')
      t.match(await roundTrips[name]!(found), 'hello')
    })
    if (folder === '') continue
    t.strictSame(processesOf(folder), [], `nothing of ${name} runs`)
    t.notOk(existsSync(folder), `no data of ${name} are left`)
  }
})

t.test('a server comes back on its port with its data after a kill and after a stop', async (t) => {
  const redis = await startOwn(t, 'redis', { settings: { appendfsync: 'always' } })
  if (!redis) return
  const cli = (...args: string[]) => run(redis.info['cli']!, ['-p', String(redis.port), ...args])
  await cli('SET', 'word', 'kept')
  for (const end of [redis.kill, redis.stop]) {
    await end()
    t.strictSame(processesOf(redis.info['folder']!), [])
    await redis.start()
    t.equal((await cli('GET', 'word')).stdout.trim(), 'kept')
  }
})

t.test('one server for all who ask in a run', async (t) => {
  const [first, second] = await Promise.all([service(t, 'redis'), service(t, 'redis')])
  if (first) t.strictSame(first, second)
})

t.test('servers die with the run that started them, killed or not', async (t) => {
  const { child, folders } = await holder(t)
  child.kill('SIGKILL')
  await t.resolves(until(() => folders.flatMap(processesOf).length === 0))
  await t.resolves(
    until(() => !existsSync(folders[0]!)),
    'their data too',
  )
})

t.test('servers die with their supervisor', async (t) => {
  const { child, folders, pids } = await holder(t)
  process.kill(parentOf(pids[0]!), 'SIGKILL')
  await t.resolves(until(() => folders.flatMap(processesOf).length === 0))
  child.kill('SIGKILL')
})

t.test('a second install asks no installer', async (t) => {
  // What may be missing on this machine is missing before, too.
  const first = await services(['install'], {})
  const installers = await stubs(t, ['apt-get', 'mvn', 'npm', 'pip', 'pip3'])
  const second = await services(['install'], {
    PATH: `${installers.folder}:${process.env['PATH']}`,
    PIP_INDEX_URL: 'http://127.0.0.1:1/',
    PIP_NO_INDEX: '1',
  })
  t.equal(second.code, first.code, second.stdout)
  if (first.code === 0) t.strictSame(installers.calls(), [])
})

t.test(
  'what cannot be installed is a reason to skip, or a failure where that is wanted',
  async (t) => {
    const { folder } = await stubs(t, ['apt-get'])
    for (const name of ['flock', 'sh', 'cat', 'setpriv'])
      await symlink(findCommand(name)!, join(folder, name))
    const env = {
      PATH: folder,
      TAPLINE_SERVICES_CACHE: join(folder, 'cache'),
      REQUIRE_SERVERS: '0',
    }
    const skipped = await node([join(fixtures, 'skip.ts')], env)
    t.equal(skipped.code, 0, skipped.stderr)
    t.match(
      skipped.stdout,
      /^1\.\.0 # needs redis: Cannot install redis-server redis-tools: .*Try as root: apt-get /m,
    )
    const failed = await node([join(fixtures, 'skip.ts')], { ...env, REQUIRE_SERVERS: '1' })
    t.not(failed.code, 0)
    t.match(failed.stderr, 'Cannot install redis-server')
  },
)

t.test('by hand a server outlives the command, until it is stopped', async (t) => {
  if (!(await service(t, 'redis'))) return
  const env = { TMPDIR: await shortFolder(t) }
  const start = await services(['start', 'redis'], env)
  t.teardown(() => services(['stop', 'redis'], env))
  const [, folder = ''] = /folder=(\S+)/.exec(start.stdout) ?? []
  t.equal(processesOf(folder).length, 1, start.stdout)
  const [, url = ''] = /redis: (redis:\S+)/.exec(start.stdout) ?? []
  const again = await services(['start', 'redis'], env)
  t.match(again.stdout, url, 'there is one of each')
  t.match((await services(['status'], env)).stdout, `redis: ${url}`)
  const use = await node([join(fixtures, 'skip.ts')], { ...env, TAPLINE_SERVICES: 'running' })
  t.match(use.stdout, /^ok 1 - it is there/m)
  t.equal(processesOf(folder).length, 1, 'a run that was told to use it leaves it')
  t.match((await services(['stop', 'redis'], env)).stdout, 'redis: stopped')
  t.strictSame(processesOf(folder), [])
  t.equal((await services(['status'], env)).stdout, 'Nothing runs.\n')
})

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function run(command: string, args: readonly string[], env = process.env): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(command, args, { cwd: root, env }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null
      resolve({ code, stdout, stderr })
    })
  })
}

/** Outside of this run: no loaders, and nothing that says it is a child of tap. */
function outside(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const all = { ...process.env, ...env, NODE_OPTIONS: '' }
  return Object.fromEntries(Object.entries(all).filter(([key]) => !/^TAP(_|$)/.test(key)))
}

const node = (args: readonly string[], env: NodeJS.ProcessEnv) =>
  run(process.execPath, args, outside(env))

const services = (args: readonly string[], env: NodeJS.ProcessEnv) =>
  node(['test/services/main.ts', ...args], env)

/** Another run, with a shared server and one of its own. */
async function holder(t: Test) {
  const names = ['redis', 'kafka']
  const child = spawn(process.execPath, [join(fixtures, 'hold.ts'), ...names], {
    cwd: root,
    env: outside({}),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const [line] = await once(child.stdout, 'data')
  const infos = JSON.parse(String(line)) as { folder: string; pid: string }[]
  const folders = infos.map(({ folder }) => folder)
  t.equal(folders.flatMap(processesOf).length, 2, 'both run')
  return { child, folders, pids: infos.map(({ pid }) => Number(pid)) }
}

/** Commands that only say that they were called, and fail. */
async function stubs(t: Test, names: readonly string[]) {
  const folder = await shortFolder(t)
  const log = join(folder, 'calls')
  for (const name of names)
    await writeFile(join(folder, name), `#!/bin/sh\necho "${name} $*" >> ${log}\nexit 100\n`, {
      mode: 0o755,
    })
  const calls = () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [])
  return { folder, calls }
}

/** A socket's path must be short, and nobody must be able to enter. */
async function shortFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tls-'))
  await chmod(folder, 0o755)
  t.teardown(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}

/** Whatever happens in the end; what never happens is a time-out of the test. */
async function until(isTrue: () => boolean): Promise<void> {
  for (let i = 0; i < 600 && !isTrue(); i++) await sleep(100)
  if (!isTrue()) throw new Error('It has not happened within a minute')
}
