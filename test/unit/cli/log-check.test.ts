import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { tapline } from '../../helpers/command.ts'
import { writeTopics } from '../../helpers/topics.ts'

t.setTimeout(60_000)

t.test('log check names what is damaged, log repair asks before it gives it up', async (t) => {
  const dataDir = join(t.testdir(), 'data')
  await writeTopics(dataDir, { orders: ['first', 'needle-to-be-bent'], others: ['one'] })
  const log = (...args: string[]) => tapline(['log', ...args, '--data-dir', dataDir])
  t.match(await log('check'), {
    code: 0,
    stdout: /"orders", partition 0: 2 records .*in order\.\n$/s,
  })
  t.match(await log('repair', '--yes'), { code: 0, stdout: /nothing to repair/ })

  const file = join(dataDir, 'log.db')
  const bytes = readFileSync(file)
  bytes[bytes.indexOf('needle-to-be-bent')] = 'N'.charCodeAt(0)
  writeFileSync(file, bytes)
  const found = await log('check')
  t.match(found, { code: 1, stdout: /offsets 0 to 1 are damaged: its CRC-32C .*log repair/s })
  t.match(await log('repair'), {
    code: 1,
    stdout:
      /gives up:\n {2}topic "orders", partition 0: offsets 0 to 1 \(damaged\)\nNothing was changed/,
  })
  t.ok(readFileSync(file).equals(bytes))
  t.match(await log('repair', '--yes'), { code: 0, stdout: /offsets 0 to 1 .*Repaired/s })
  t.equal(readdirSync(dataDir).filter((name) => name.startsWith('damaged-')).length, 1)
  t.match(await log('check'), { code: 0, stdout: /0 to 1 are no more.*in order/s })
  t.match(await log('others'), { code: 0, stdout: /"value":"one"/ })
})

t.test('what is no embedded log is not looked after', async (t) => {
  const dataDir = join(t.testdir(), 'none')
  for (const verb of ['check', 'repair'])
    t.match(await tapline(['log', verb, '--data-dir', dataDir]), {
      code: 1,
      stderr: /^tapline log \w+: There is no log in .*none\n/,
    })
  const kafka = await tapline(['log', 'check', '--bootstrap-server', 'localhost:1'])
  t.match(kafka, { code: 1, stderr: /only an embedded log/ })
})
