import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { hasCode } from '../../../../runtime/api/errors.ts'
import { BatchBuilder } from '../../../../runtime/log/batch/batch-builder.ts'
import type { OpenedEmbeddedLog } from '../../../../runtime/log/embedded/open-embedded-log.ts'
import { openLog } from '../../../../runtime/log/open.ts'
import { type Content, damage, makeLogs, randomOf } from './damaged-log.ts'

const ROUNDS = Number(process.env['LOG_DAMAGES'] ?? 40)
// A hang is a failure too: the whole must end within this.
t.setTimeout(60_000 + ROUNDS * 2_000)

const SEED = Number(process.env['LOG_SEED'] ?? Date.now() % 1e9)

t.test(
  'whatever is done to its files, a batch is read back or named, never passed over',
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'tapline-damage-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    const { closed, live } = await makeLogs(folder)
    t.comment(`LOG_SEED=${SEED} LOG_DAMAGES=${ROUNDS}`)
    const outcomes = new Map<string, number>()
    for (let round = 0; round < ROUNDS; round++) {
      const random = randomOf(SEED + round)
      const isLive = random() < 0.5
      const dataDir = join(folder, 'damaged')
      execFileSync('cp', ['-r', join(folder, isLive ? 'live' : 'closed'), dataDir])
      const what = `LOG_SEED=${SEED + round}: ${isLive ? 'live' : 'closed'}: ${damage(dataDir, random)}`
      const complaints: string[] = []
      const outcome = await judge(dataDir, isLive ? live : closed, complaints)
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      if (complaints.length > 0) t.fail(`${what}: ${complaints.slice(0, 3).join('; ')}`)
      rmSync(dataDir, { recursive: true })
    }
    t.comment(JSON.stringify(Object.fromEntries(outcomes)))
    t.equal(
      [...outcomes.values()].reduce((sum, n) => sum + n, 0),
      ROUNDS,
    )
  },
)

/** Opens the log and compares; says how it went. */
async function judge(dataDir: string, content: Content, complaints: string[]): Promise<string> {
  let log: OpenedEmbeddedLog
  try {
    log = await openLog({ kind: 'embedded', dataDir })
  } catch (error) {
    if (!hasCode(error, 'CONNECT_CORRUPT')) complaints.push(`refused with ${error}`)
    return 'refused'
  }
  const findings = log.findings.map(({ message }) => message)
  let named = findings.length
  named += await compare(log, { content, findings, complaints })
  named += await appendAndRead(log, complaints)
  await log.close()
  return named > 0 ? 'named' : 'sound'
}

interface Judged {
  readonly content: Content
  readonly findings: readonly string[]
  readonly complaints: string[]
}

/** How often something was named. */
async function compare(
  log: OpenedEmbeddedLog,
  { content, findings, complaints }: Judged,
): Promise<number> {
  let named = 0
  const isEndUnknown = findings.some((text) => /whether the last commits are all there/.test(text))
  const isTailNamed =
    isEndUnknown || findings.some((text) => /last \d+ commits are missing/.test(text))
  const corrupt = <T>(error: unknown, otherwise: T): T => {
    named++
    if (!hasCode(error, 'CONNECT_CORRUPT')) complaints.push(`threw ${(error as Error).stack}`)
    return otherwise
  }
  for (const expected of content.topics) {
    const found = await log
      .describeTopic(expected.topic)
      .catch((e) => corrupt(e, 'damaged' as const))
    if (found === 'damaged') continue
    if (found === null && isTailNamed) continue
    if (JSON.stringify(found) !== JSON.stringify(expected)) {
      complaints.push(`topic ${expected.topic} is ${JSON.stringify(found)}`)
      continue
    }
    const described = await log.offsets(expected.topic).catch((e) => corrupt(e, []))
    const ends = new Map(described.map(({ partition, latest }) => [partition, latest]))
    for (let partition = 0; partition < expected.partitions; partition++) {
      const name = `${expected.topic}-${partition}`
      const values = content.values.get(name) as ReadonlyMap<number, string>
      const last = Math.max(...values.keys())
      const there = new Map<number, string>()
      const lost = new Set<number>()
      const place = { topic: expected.topic, partition }
      for (let from = 0; from <= last; ) {
        const read = await log
          .read(place, from, { records: 5 })
          .catch((error) => corrupt(error, undefined))
        for (const { offset, value } of read?.records ?? []) there.set(offset, String(value))
        if (!read) lost.add(from)
        if (read && read.next === from) break
        from = read?.next ?? from + 1
      }
      const given = findings.flatMap((text) => {
        const range = new RegExp(
          `"${expected.topic}", partition ${partition}: offsets (\\d+) to (\\d+)`,
        ).exec(text)
        return range ? [[Number(range[1]), Number(range[2])] as const] : []
      })
      for (const [offset, value] of values) {
        if (there.has(offset)) {
          if (there.get(offset) !== value) complaints.push(`${name} at ${offset} is another value`)
        } else if (isEndUnknown && offset >= (ends.get(partition) ?? 0)) {
          named++
        } else if (!lost.has(offset) && !given.some(([a, b]) => offset >= a && offset <= b)) {
          complaints.push(`${name} at ${offset} was passed over`)
        }
      }
      // What a damaged WAL brings back may have been compacted since.
      for (const offset of there.keys())
        if (!values.has(offset) && expected.topic !== 'kept')
          complaints.push(`${name} has ${offset}`)
    }
  }
  for (const [group, offsets] of content.groups) {
    const found = await log.groupOffsets(group).catch((error) => corrupt(error, undefined))
    if (found && !isTailNamed && JSON.stringify(found) !== JSON.stringify(offsets))
      complaints.push(`group ${group} is at ${JSON.stringify(found)}`)
  }
  return named
}

async function appendAndRead(log: OpenedEmbeddedLog, complaints: string[]): Promise<number> {
  let named = 0
  for (const [topic, partition] of [
    ['plain', 0],
    ['plain', 1],
    ['kept', 0],
    ['new', 0],
  ] as const) {
    const builder = new BatchBuilder({ topic, partition })
    builder.append('new', 'x'.repeat(20_000), 5000)
    try {
      const [base = -1] = await log.append([builder.build()])
      const { records } = await log.read({ topic, partition }, base, { records: 1 })
      if (records.length !== 1 || records[0]?.offset !== base)
        complaints.push(`what was appended to ${topic}-${partition} at ${base} is not there`)
    } catch (error) {
      named++
      if (!hasCode(error, 'CONNECT_CORRUPT')) complaints.push(`append: ${error}`)
    }
  }
  return named
}
