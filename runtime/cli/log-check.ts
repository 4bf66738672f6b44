import { Command } from 'commander'
import type { LogReport, PartitionReport } from '../log/embedded/check.ts'
import { inWords } from './in-words.ts'
import { Output } from './output.ts'

interface Options {
  readonly dataDir: string
  readonly bootstrapServer?: string
  readonly yes?: boolean
}

/** `tapline log check`: reads all of an embedded log and says what is damaged or missing. */
export function checkCommand(): Command {
  return new Command('check')
    .description('read all of the log in --data-dir and say what is damaged or missing')
    .action(inWords('log check', check))
}

/** `tapline log repair`: says what a repair would give up; does it with --yes. */
export function repairCommand(): Command {
  return new Command('repair')
    .description('say what a repair of the log in --data-dir would give up, and do it with --yes')
    .option('--yes', 'do it; the old files are kept beside the new ones')
    .action(inWords('log repair', repair))
}

async function check(_: unknown, command: Command): Promise<void> {
  const dataDir = folderOf(command)
  const { checkLog, isSoundReport } = await import('../log/embedded/check.ts')
  const report = checkLog(dataDir)
  const output = new Output()
  for (const line of linesOf(report)) if (!(await output.write(`${line}\n`))) return
  const isSound = isSoundReport(report)
  if (!isSound) process.exitCode = 1
  await output.write(
    isSound
      ? 'The log is in order.\n'
      : 'The log is damaged. Restore a copy, or see what can be kept: `tapline log repair`.\n',
  )
}

async function repair(_: unknown, command: Command): Promise<void> {
  const dataDir = folderOf(command)
  const { planRepair, repairLog } = await import('../log/embedded/repair.ts')
  const isAgreed = command.opts<Options>().yes === true
  const plan = planRepair(dataDir)
  const output = new Output()
  if (!plan.isNeeded) {
    await output.write('The log is in order: there is nothing to repair.\n')
    return
  }
  const given = plan.givesUp.map((what) => `  ${what}\n`).join('')
  const gives = given === '' ? 'A repair gives up nothing.\n' : `A repair gives up:\n${given}`
  if (!(await output.write(gives))) return
  if (!isAgreed) {
    process.exitCode = 1
    await output.write('Nothing was changed. To do it: `tapline log repair --yes`.\n')
    return
  }
  const done = repairLog(dataDir)
  await output.write(
    `Repaired. The old files are in ${done?.oldFiles}: delete them when all is well.\n`,
  )
}

function folderOf(command: Command): string {
  const { dataDir, bootstrapServer } = command.optsWithGlobals<Options>()
  if (bootstrapServer !== undefined)
    command.error(
      `tapline log ${command.name()}: only an embedded log can be looked after, not one on Kafka`,
    )
  return dataDir
}

function* linesOf({ problems, partitions }: LogReport): Generator<string> {
  for (const problem of problems) yield `the log: ${problem}`
  for (const partition of partitions) {
    yield `${summary(partition)}`
    for (const { kind, from, to, why } of partition.bad)
      yield `  offsets ${from} to ${to - 1} ${kind === 'lost' ? 'are no more' : `are ${kind}`}: ${why}`
  }
}

function summary({
  topic,
  partition,
  earliest,
  latest,
  batches,
  records,
}: PartitionReport): string {
  return `topic "${topic}", partition ${partition}: ${records} records in ${batches} batches, offsets from ${earliest}, next ${latest}`
}
