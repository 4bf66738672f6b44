import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { appendFile, mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { cached } from '../../services/cache.ts'

function cacheOf(t: Test): string {
  const root = t.testdir()
  process.env['TAPLINE_SERVICES_CACHE'] = root
  t.teardown(() => delete process.env['TAPLINE_SERVICES_CACHE'])
  return root
}

const entries = (root: string) => readdirSync(root).filter((name) => !name.endsWith('.lock'))

t.test('a folder is filled once, for all who ask at the same time', async (t) => {
  const root = cacheOf(t)
  let fills = 0
  const fill = async (folder: string) => {
    fills++
    await sleep(50)
    await writeFile(join(folder, 'jar'), 'bytes')
  }
  const folders = await Promise.all(Array.from({ length: 4 }, () => cached('thing-1', fill)))
  t.equal(fills, 1)
  t.strictSame(new Set(folders), new Set([join(root, 'thing-1')]))
  t.equal(readFileSync(join(root, 'thing-1/jar'), 'utf8'), 'bytes')
})

t.test('a folder is there whole or not at all, and is tried again', async (t) => {
  const root = cacheOf(t)
  const broken = async (folder: string) => {
    await writeFile(join(folder, 'half'), '')
    t.notOk(existsSync(join(root, 'thing-1')))
    throw new Error('no registry')
  }
  await t.rejects(cached('thing-1', broken), { message: 'no registry' })
  t.strictSame(entries(root), [])
  await cached('thing-1', (folder) => writeFile(join(folder, 'jar'), ''))
  t.strictSame(readdirSync(join(root, 'thing-1')), ['jar'])
})

t.test('what a killed process began is thrown away', async (t) => {
  const root = cacheOf(t)
  await mkdir(join(root, '.new-thing-1-abc'))
  await mkdir(join(root, '.new-other-1-abc'))
  await cached('thing-1', async () => undefined)
  t.strictSame(entries(root).toSorted(), ['.new-other-1-abc', 'thing-1'])
})

t.test('processes wait for each other', async (t) => {
  const root = cacheOf(t)
  const log = join(root, 'log.lock')
  await appendFile(log, '')
  const program = `import { cached } from ${JSON.stringify(resolve('test/services/cache.ts'))}
import { appendFileSync } from 'node:fs'
await cached('thing-1', async () => {
  appendFileSync(${JSON.stringify(log)}, 'fill ')
  await new Promise((resolve) => setTimeout(resolve, 200))
})`
  const node = () =>
    promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
      env: { ...process.env, NODE_OPTIONS: '' },
    })
  await Promise.all([node(), node(), node()])
  t.equal(readFileSync(log, 'utf8'), 'fill ')
})
