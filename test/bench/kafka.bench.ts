/**
 * What do records cost on Kafka, through the seam and through kafkajs as it comes? 400 octets, keyed, 4 partitions, one broker, no compression.
 * produce: acks=all, several calls under way, encoding included. consume: from the start of a topic, CRC checked by us, not by kafkajs.
 * Both clients in turn in one process, the first round is not counted; offsets must add up. CPU is that of the whole process.
 * `npm run bench -- kafka produce` asks one of them; BENCH_ROUNDS, BENCH_RECORDS (a round); BENCH_BROKER names a broker that runs already.
 */
import { randomUUID } from 'node:crypto'
import type { Log } from '../../runtime/log/log.ts'
import { openLog } from '../../runtime/log/open.ts'
import { OwnServer } from '../services/own-server.ts'
import { consume, produce } from './kafka/ours.ts'
import { StockClient } from './kafka/stock.ts'
import { type Measured, PARTITIONS, VALUE } from './kafka/workload.ts'
import { print, spread } from './peer/figures.ts'

const rounds = Number(process.env['BENCH_ROUNDS'] ?? 7)
const records = Number(process.env['BENCH_RECORDS'] ?? 400_000)
const asked = process.argv.slice(2)
const isWanted = (part: string) => asked.length === 0 || asked.includes(part)

interface Stage {
  readonly log: Log
  readonly stock: StockClient
}

async function measureProduce({ log, stock }: Stage): Promise<void> {
  const topic = await newTopic(log)
  let written = 0
  await compare('produce', '>= 5 × stock records/s, <= 1.5 µs CPU a record', {
    ours: () => produce(log, topic, records),
    stock: () => stock.produce(topic, records),
    afterRound: async () => {
      written += 2 * records
      const ends = await log.offsets(topic)
      const found = ends.reduce((sum, { latest }) => sum + latest, 0)
      if (found !== written) throw new Error(`${found} of ${written} records are in the log`)
    },
  })
  await log.deleteTopic(topic)
}

async function measureConsume({ log, stock }: Stage): Promise<void> {
  const topic = await newTopic(log)
  await produce(log, topic, records)
  await compare('consume', '<= 1.7 µs CPU a record', {
    ours: () => consume(log, topic, records),
    stock: () => stock.consume(topic, records),
    afterRound: async () => {},
  })
  await log.deleteTopic(topic)
}

interface Sides {
  readonly ours: () => Promise<Measured>
  readonly stock: () => Promise<Measured>
  readonly afterRound: () => Promise<void>
}

async function compare(part: string, goal: string, sides: Sides): Promise<void> {
  const ours: Measured[] = []
  const stock: Measured[] = []
  for (let round = 0; round <= rounds; round++) {
    global.gc?.()
    const one = await sides.ours()
    global.gc?.()
    const other = await sides.stock()
    await sides.afterRound()
    // The first round warms up both.
    if (round === 0) continue
    ours.push(one)
    stock.push(other)
  }
  const ratio = (of: (ours: Measured, stock: Measured) => number) =>
    spread(
      ours.map((each, i) => of(each, stock[i] as Measured)),
      2,
    )
  print('kafka', {
    part,
    records,
    bytes: VALUE.length,
    rounds,
    ours: figures(ours),
    stock: figures(stock),
    recordsPerSecondRatio: ratio((a, b) => a.recordsPerSecond / b.recordsPerSecond),
    cpuRatio: ratio((a, b) => b.cpuMicrosPerRecord / a.cpuMicrosPerRecord),
    goal,
  })
}

function figures(measured: readonly Measured[]) {
  return {
    recordsPerSecond: spread(measured.map((each) => each.recordsPerSecond)),
    cpuMicrosPerRecord: spread(
      measured.map((each) => each.cpuMicrosPerRecord),
      2,
    ),
  }
}

async function newTopic(log: Log): Promise<string> {
  const topic = `bench-${randomUUID()}`
  await log.createTopic({ topic, partitions: PARTITIONS })
  return topic
}

const given = process.env['BENCH_BROKER']
const server = given ? undefined : await OwnServer.start('kafka')
const broker = given ?? `${server?.service.host}:${server?.service.port}`
try {
  const log = await openLog({ kind: 'kafka', common: { 'bootstrap.servers': broker } })
  const stock = await StockClient.connect(broker)
  try {
    if (isWanted('produce')) await measureProduce({ log, stock })
    if (isWanted('consume')) await measureConsume({ log, stock })
  } finally {
    await stock.close()
    await log.close()
  }
} finally {
  await server?.remove()
}
