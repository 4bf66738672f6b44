import { rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import { embeddedGround, type Ground } from './demo/ground.ts'
import { actualRows, expectedRows } from './demo/proof.ts'
import { Stage } from './demo/stage.ts'
import { portNumber } from './option-values.ts'

interface Options {
  readonly once?: boolean
  readonly port: number
  readonly dataDir?: string
  readonly kafka?: boolean
  readonly bootstrapServers?: string
}

const onceLimitMs = 600_000
const catchUpMs = 10_000

/** `tapline demo`: a capture becomes rows, with an embedded log, or a Kafka, and an embedded Postgres. */
export function demoCommand(): Command {
  return new Command('demo')
    .description('turn the packets of a capture into Postgres rows; no broker, no server needed')
    .option('--once', 'read unpaced, check every column of every row, print one line of JSON, end')
    .option(
      '--port <port>',
      'port of the REST API and the page; 0, and --once, take a free one',
      portNumber,
      8083,
    )
    .option('--data-dir <folder>', 'where log and database are kept (default: .tapline/demo)')
    .option('--kafka', 'run on a real Kafka broker, which is started; needs Java and Maven')
    .option('--bootstrap-servers <addresses>', 'run on this Kafka: HOST:PORT, or several')
    .action(async (options: Options) => {
      const interrupted = new AbortController()
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
        process.on(signal, () => interrupted.abort())
      try {
        process.exitCode = await (options.once ? once : play)(options, interrupted.signal)
      } catch (error) {
        if (!interrupted.signal.aborted)
          process.stderr.write(`tapline demo: ${(error as Error).message}\n`)
        process.exitCode = 1
      }
    })
}

/** Shows packets arriving until Ctrl-C; the next run goes on where this one stopped. */
async function play(options: Options, signal: AbortSignal): Promise<number> {
  const folder = resolve(options.dataDir ?? `.tapline/demo${suffixOf(options)}`)
  const ground = await prepareGround(options, { folder, removes: false, say })
  const stage = await Stage.set({ folder, ground, port: options.port, isUnpaced: false, say })
  try {
    say(`The page: ${stage.worker.url}/ui/   Ctrl-C ends it; the next run goes on from there.\n`)
    await watch(stage, signal)
    return await closingLine(stage)
  } finally {
    await stage.clear({ removes: false })
  }
}

async function watch(stage: Stage, signal: AbortSignal): Promise<void> {
  let before = await stage.packets()
  let at = performance.now()
  let isDone = false
  while (!signal.aborted) {
    await sleep(1000, undefined, { signal }).catch(() => {})
    if (signal.aborted) return
    await stage.mustLive()
    // Rows first: what is counted later can only be more.
    const rows = await stage.rows()
    const packets = await stage.packets()
    const rate = Math.round(((packets - before) * 1000) / (performance.now() - at))
    const wasDone = isDone
    isDone = packets > 0 && packets === before && packets === rows
    before = packets
    at = performance.now()
    if (!isDone)
      say(
        `${pad(rate)} packets/s ${pad(packets)} packets ${pad(rows)} rows   lag ${packets - rows}`,
      )
    else if (!wasDone) say('Every packet of the captures is a row. The page stays up until Ctrl-C.')
  }
}

/** Stops the sources, lets the sink catch up, and compares both ends. */
async function closingLine(stage: Stage): Promise<number> {
  await stage.eachSource('pause')
  const deadline = Date.now() + catchUpMs
  let [packets, rows] = [await stage.packets(), await stage.rows()]
  while (packets !== rows && Date.now() < deadline) {
    await sleep(100)
    ;[packets, rows] = [await stage.packets(), await stage.rows()]
  }
  if (packets > rows) packets = await stage.distinctPackets()
  await stage.eachSource('resume')
  const verdict = packets === rows ? 'equal.' : 'NOT EQUAL.'
  say(`\nChecked: ${packets} packets in the log, ${rows} rows in Postgres: ${verdict}`)
  return packets === rows ? 0 : 1
}

/** Everything unpaced, then the proof. */
async function once(options: Options, signal: AbortSignal): Promise<number> {
  const folder = resolve(options.dataDir ?? `.tapline/once-${process.pid}`)
  const removes = options.dataDir === undefined
  const silent = () => {}
  const startedAt = performance.now()
  try {
    const ground = await prepareGround(options, { folder, removes, say: silent })
    const stage = await Stage.set({ folder, ground, port: 0, isUnpaced: true, say: silent })
    try {
      return await prove(stage, signal, startedAt)
    } finally {
      await stage.clear({ removes })
    }
  } finally {
    if (removes) await rm(folder, { recursive: true, force: true })
  }
}

/** Count and checksum of each table against its capture, decoded once more. */
async function prove(stage: Stage, signal: AbortSignal, startedAt: number): Promise<number> {
  const expected = await Promise.all(stage.feeds.map(expectedRows))
  const packets = expected.reduce((sum, { count }) => sum + count, 0)
  while ((await stage.rows()) < packets) {
    await stage.mustLive()
    signal.throwIfAborted()
    if (performance.now() - startedAt > onceLimitMs) break
    await sleep(50)
  }
  const seconds = Number(((performance.now() - startedAt) / 1000).toFixed(2))
  const actual = await Promise.all(stage.feeds.map((feed) => actualRows(stage.sql, feed)))
  const rows = await stage.rows()
  const isEqual =
    rows === packets && actual.every((tally, i) => tally.checksum === expected[i]?.checksum)
  if (!isEqual)
    process.stderr.write(
      `tapline demo: the rows are not the packets: ${JSON.stringify({ expected, actual })}\n`,
    )
  say(JSON.stringify({ packets, rows, seconds }))
  return isEqual ? 0 : 1
}

/** A broker of somebody's holds what that demo made there: each has a folder of its own. */
function suffixOf({ kafka, bootstrapServers }: Options): string {
  if (bootstrapServers !== undefined)
    return `-kafka-${bootstrapServers.replaceAll(/[^\w.-]+/g, '-')}`
  return kafka ? '-kafka' : ''
}

async function prepareGround(
  { kafka, bootstrapServers }: Options,
  options: {
    readonly folder: string
    readonly removes: boolean
    readonly say: (text: string) => void
  },
): Promise<Ground> {
  if (!kafka && bootstrapServers === undefined) return embeddedGround
  const { KafkaGround } = await import('./demo/kafka-ground.ts')
  return KafkaGround.prepare({ ...options, bootstrapServers })
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

const pad = (value: number) => String(value).padStart(7)
