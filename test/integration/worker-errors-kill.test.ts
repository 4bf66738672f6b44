import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { openLog } from '../../runtime/log/open.ts'
import { pageAll } from '../helpers/read-log.ts'
import { RunningWorker, until } from '../helpers/running-worker.ts'

/** KILLS makes it as long as wanted. */
const kills = Number(process.env['KILLS'] ?? 5)
const count = 20_000

t.setTimeout(kills * 20_000 + 300_000)

const isBad = (n: number) => n % 50 === 7
const line = (n: number) => (isBad(n) ? `{"broken ${n}` : `${n}`)

t.test(
  'a worker killed at any moment loses no record: each arrives or is a dead letter',
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'tapline-errors-kill-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    const [dataDir, input, output] = ['data', 'input.txt', 'output.txt'].map((name) =>
      join(folder, name),
    ) as [string, string, string]
    const all = Array.from({ length: count }, (_, n) => n)
    writeFileSync(input, '')
    const file = join(folder, 'worker.json')
    writeFileSync(file, JSON.stringify({ 'offset.flush.interval.ms': 25 }))
    const start = async () => {
      const worker = await RunningWorker.start({ dataDir, args: [file] })
      t.teardown(() => worker.kill('SIGKILL'))
      return worker
    }
    let worker = await start()
    const string = 'org.apache.kafka.connect.storage.StringConverter'
    await worker.put('in', {
      'connector.class': 'FileStreamSource',
      file: input,
      topic: 'lines',
      'value.converter': string,
    })
    await worker.put('out', {
      'connector.class': 'FileStreamSink',
      topics: 'lines',
      file: output,
      'consumer.override.max.poll.records': '100',
      'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
      'value.converter.schemas.enable': 'false',
      'errors.tolerance': 'all',
      'errors.deadletterqueue.topic.name': 'dlq',
    })
    const give = (from: number, to: number) =>
      appendFileSync(
        input,
        all
          .slice(from, to)
          .map((n) => `${line(n)}\n`)
          .join(''),
      )
    const share = Math.ceil(count / (kills + 1))
    for (let kill = 0; kill < kills; kill++) {
      give(kill * share, (kill + 1) * share)
      await sleep(Math.random() * 1500)
      worker.kill('SIGKILL')
      await worker.exited
      worker = await start()
    }
    give(kills * share, count)
    const written = () =>
      new Set(existsSync(output) ? readFileSync(output, 'utf8').split('\n') : [])
    await until(
      'the last line',
      async () => written(),
      (found) => found.has(`${count - 1}`),
    )
    t.equal(await worker.stop(), 0)

    const arrived = written()
    const silent = { debug() {}, info() {}, warn() {}, error() {} }
    const log = await openLog({ kind: 'embedded', dataDir, logger: silent })
    t.teardown(() => log.close())
    const letters = new Set((await pageAll(log, 'dlq')).map(({ value }) => String(value)))
    const missing = all.filter((n) => !(isBad(n) ? letters : arrived).has(line(n)))
    t.strictSame(missing, [])
    t.equal(letters.size, all.filter(isBad).length, 'no other record is a dead letter')
    t.strictSame(await log.groupOffsets('connect-out'), [
      { topic: 'lines', partition: 0, offset: count },
    ])
  },
)
