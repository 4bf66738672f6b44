import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { checkLog, isSoundReport, type LogReport } from '../../../../runtime/log/embedded/check.ts'
import { planRepair, repairLog } from '../../../../runtime/log/embedded/repair.ts'
import { openLog } from '../../../../runtime/log/open.ts'
import { type Content, contentOf, damage, makeLogs, randomOf } from './damaged-log.ts'

const ROUNDS = Number(process.env['LOG_REPAIRS'] ?? 15)
const SEED = Number(process.env['LOG_SEED'] ?? Date.now() % 1e9)
t.setTimeout(120_000 + ROUNDS * 4_000)

const folder = mkdtempSync(join(tmpdir(), 'tapline-repair-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
const { closed, live } = await makeLogs(folder)

function copyOf(name: 'closed' | 'live'): string {
  const dataDir = join(folder, 'copy')
  rmSync(dataDir, { recursive: true, force: true })
  execFileSync('cp', ['-r', join(folder, name), dataDir])
  return dataDir
}

const badOf = ({ partitions }: LogReport) =>
  partitions.flatMap(({ topic, partition, bad }) =>
    bad.map(({ kind, from, to }) => [`${topic}-${partition}`, kind, from, to]),
  )

t.test('a log in order is found so, record by record, and not repaired', async (t) => {
  const dataDir = copyOf('closed')
  const report = checkLog(dataDir)
  t.same(report.problems, [])
  t.same(badOf(report), [])
  for (const { topic, partition, records } of report.partitions)
    t.equal(records, closed.values.get(`${topic}-${partition}`)?.size, `${topic}-${partition}`)
  const before = readFileSync(join(dataDir, 'log.db'))
  t.same(planRepair(dataDir).givesUp, [])
  t.equal(repairLog(dataDir), undefined)
  t.ok(readFileSync(join(dataDir, 'log.db')).equals(before), 'nothing was touched')
})

t.test('a log is checked beside the worker that writes it, and not repaired', async (t) => {
  const dataDir = copyOf('closed')
  const log = await openLog({ kind: 'embedded', dataDir })
  t.teardown(() => log.close())
  t.ok(isSoundReport(checkLog(dataDir)))
  t.throws(() => planRepair(dataDir), { code: 'CONNECT_ERROR', message: /Another worker/ })
  t.throws(() => repairLog(dataDir), { code: 'CONNECT_ERROR', message: /Another worker/ })
})

t.test('a damaged batch is named, given up, and the rest goes on', async (t) => {
  const dataDir = copyOf('closed')
  const file = join(dataDir, 'log.db')
  const bytes = readFileSync(file)
  // Record 10 of plain-0: n of the first in its batch is known from its value.
  const value = closed.values.get('plain-0')?.get(10) as string
  const at = bytes.indexOf(value)
  bytes[at + 3] = (bytes[at + 3] as number) ^ 1
  writeFileSync(file, bytes)
  t.same(badOf(checkLog(dataDir)), [['plain-0', 'damaged', 9, 12]])
  t.match(planRepair(dataDir), {
    isNeeded: true,
    givesUp: ['topic "plain", partition 0: offsets 9 to 11 (damaged)'],
  })
  t.ok(readFileSync(file).equals(bytes), 'a plan changes nothing')
  const { oldFiles = '' } = repairLog(dataDir) ?? {}
  t.ok(readFileSync(join(oldFiles, 'log.db')).equals(bytes), 'the old files are kept')

  const log = await openLog({ kind: 'embedded', dataDir })
  t.same(log.findings, [])
  const content = await contentOf(log)
  await log.close()
  const expected = new Map(closed.values.get('plain-0'))
  for (const offset of [9, 10, 11]) expected.delete(offset)
  t.same(
    [...(content.values.get('plain-0') ?? [])],
    [...expected],
    'readers pass over what was given up',
  )
  t.same(content.topics, closed.topics)
  t.same(content.groups, closed.groups)
  t.same(badOf(checkLog(dataDir)), [['plain-0', 'lost', 9, 12]], 'and it stays on record')
  t.equal(repairLog(dataDir), undefined, 'repaired once')
})

t.test(
  'whatever is done to the files, a repair keeps the rest and says what it gives up',
  async (t) => {
    t.comment(`LOG_SEED=${SEED} LOG_REPAIRS=${ROUNDS}`)
    const outcomes = { sound: 0, kept: 0, everything: 0, values: 0, lost: 0 }
    for (let round = 0; round < ROUNDS; round++) {
      const random = randomOf(SEED + round)
      const name = random() < 0.5 ? 'live' : 'closed'
      const dataDir = copyOf(name)
      const what = `LOG_SEED=${SEED + round}: ${name}: ${damage(dataDir, random)}`
      const content = name === 'live' ? live : closed
      const planned = planRepair(dataDir)
      const repaired = repairLog(dataDir)
      t.same(repaired?.givesUp ?? [], planned.givesUp, `${what}: gives up what it said`)
      const log = await openLog({ kind: 'embedded', dataDir })
      t.same(log.findings, [], `${what}: opens again`)
      const found = await contentOf(log)
      await log.close()
      const said = [...planned.givesUp, ...planned.report.problems]
      if (planned.givesUp.some((text) => text.startsWith('everything'))) outcomes.everything++
      else if (planned.isNeeded) outcomes.kept++
      else outcomes.sound++
      for (const complaint of complaintsOf(content, found, said)) t.fail(`${what}: ${complaint}`)
      outcomes.values += sizeOf(content)
      outcomes.lost += sizeOf(content) - sizeOf(found)
      t.ok(isSoundReport(checkLog(dataDir)), `${what}: is in order after`)
      for (const folder of readdirSync(dataDir).filter((file) => file.startsWith('damaged-')))
        rmSync(join(dataDir, folder), { recursive: true })
    }
    t.comment(JSON.stringify(outcomes))
  },
)

const sizeOf = ({ values }: Content) =>
  [...values.values()].reduce((sum, { size }) => sum + size, 0)

function complaintsOf(content: Content, found: Content, said: readonly string[]): string[] {
  const complaints: string[] = []
  const isSaid = (pattern: RegExp) => said.some((text) => pattern.test(text))
  if (isSaid(/^everything|last \d+ commits|head file is damaged/)) return complaints
  for (const { topic, partitions, settings } of content.topics) {
    const now = found.topics.find((one) => one.topic === topic)
    if (!now) {
      if (!isSaid(/topics|partition number/)) complaints.push(`topic ${topic} is gone`)
      continue
    }
    if (JSON.stringify(now.settings) !== JSON.stringify(settings) && !isSaid(/its settings/))
      complaints.push(`topic ${topic} has ${JSON.stringify(now.settings)}`)
    if (now.partitions !== partitions && !isSaid(/partition/))
      complaints.push(`topic ${topic} has ${now.partitions} partitions`)
    for (let partition = 0; partition < partitions; partition++) {
      const there = found.values.get(`${topic}-${partition}`)
      const pattern = new RegExp(`"${topic}", partition ${partition}: offsets (\\d+) to (\\d+)`)
      const given = said.flatMap((text) => pattern.exec(text) ?? []).map(Number)
      const isGiven = (offset: number) =>
        given.some(
          (_, i) => i % 3 === 1 && offset >= Number(given[i]) && offset <= Number(given[i + 1]),
        )
      if (isSaid(new RegExp(`"${topic}", partition ${partition}: its record`))) continue
      for (const [offset, value] of content.values.get(`${topic}-${partition}`) ?? []) {
        const now = there?.get(offset)
        if (now === undefined ? !isGiven(offset) : now !== value)
          complaints.push(
            `${topic}-${partition} at ${offset} is ${now === undefined ? 'gone' : 'another'}`,
          )
      }
    }
  }
  if (JSON.stringify([...found.groups]) !== JSON.stringify([...content.groups]) && !isSaid(/group/))
    complaints.push('a group is elsewhere')
  return complaints.slice(0, 3)
}
