import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import t from 'tap'

const root = resolve(import.meta.dirname, '../../..')

/** What a process has loaded after it ran `code`. */
function loadedBy(code: string): string {
  const program = `(async () => {
    ${code}
    const { Module } = await import('node:module')
    console.log(JSON.stringify([...process.moduleLoadList, ...Object.keys(Module._cache)]))
    process.exit()
  })()`
  const env = { ...process.env, NODE_OPTIONS: '' }
  return execFileSync(process.execPath, ['--eval', program], { cwd: root, env, encoding: 'utf8' })
}

t.test('the embedded log loads no Kafka client', async (t) => {
  const loaded = loadedBy(`
    const { openLog } = await import('./runtime/log/open.ts')
    await openLog({ kind: 'embedded', dataDir: ${JSON.stringify(t.testdir())} })`)
  t.match(loaded, /sqlite/)
  t.notMatch(loaded, /kafkajs/)
})

t.test('the Kafka log loads no database', async (t) => {
  const loaded = loadedBy(`
    const { openLog } = await import('./runtime/log/open.ts')
    const common = { 'bootstrap.servers': '127.0.0.1:1' }
    await openLog({ kind: 'kafka', common }).catch(() => {})`)
  t.match(loaded, /kafkajs/)
  t.notMatch(loaded, /sqlite/)
})
