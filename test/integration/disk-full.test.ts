import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { tapline } from '../helpers/command.ts'
import { writeLargeCaptures } from '../helpers/large-captures.ts'
import { RunningWorker, until } from '../helpers/running-worker.ts'
import { mountSmallDisk, type SmallDisk } from '../helpers/small-disk.ts'
import { readTopic } from '../helpers/topics.ts'

/** The disk takes about half of the packets before it is full. */
const packets = 20_000
const diskMegabytes = 40
const roomBytes = 6 << 20

const all = () => Array.from({ length: packets }, (_, index) => index + 1)

/** A capture on its way through the log on the small disk into a file beside it. */
class Stage {
  readonly dataDir: string
  readonly #file: string
  readonly #capture: string
  #worker: RunningWorker | undefined

  private constructor(dataDir: string, folder: string) {
    this.dataDir = dataDir
    this.#file = join(folder, 'lines')
    this.#capture = writeLargeCaptures({ files: 1, packets, folder })[0] as string
  }

  static async set(t: Test, { folder }: SmallDisk, name: string): Promise<Stage> {
    const stage = new Stage(join(folder, name), t.testdir())
    await stage.start()
    t.teardown(async () => {
      stage.worker.kill('SIGKILL')
      await stage.worker.exited
    })
    return stage
  }

  get worker(): RunningWorker {
    return this.#worker as RunningWorker
  }

  async start(): Promise<void> {
    this.#worker = await RunningWorker.start({ dataDir: this.dataDir })
  }

  async connect(): Promise<void> {
    await this.worker.put('lines', {
      'connector.class': 'FileStreamSink',
      topics: 'packets',
      file: this.#file,
    })
    await this.worker.put('packets', {
      'connector.class': 'PcapSource',
      'pcap.path': this.#capture,
      topic: 'packets',
      'pcap.key': 'position',
    })
  }

  async health(): Promise<string> {
    return (await this.worker.call<{ message: string }>('GET', '/health')).body.message
  }

  untilFull(): Promise<string> {
    return until(
      'a full disk',
      () => this.health(),
      (message) => message.includes('full'),
    )
  }

  async untilAll(): Promise<void> {
    await until(
      'all packets',
      () => this.acknowledged(),
      (count) => count === packets,
    )
  }

  /** Packet numbers of the topic, in order. */
  async numbers(): Promise<readonly number[]> {
    const records = await readTopic(this.dataDir, 'packets')
    return records.map(({ key }) => JSON.parse(String(key)).packet as number)
  }

  /** What the source was told to be safe. */
  async acknowledged(): Promise<number> {
    const offsets = await readTopic(this.dataDir, 'connect-offsets')
    const last = offsets.at(-1)
    return last ? (JSON.parse(String(last.value)).n as number) : 0
  }

  async lines(): Promise<number> {
    return readFileSync(this.#file, 'latin1').split('\n').length - 1
  }
}

t.setTimeout(120_000)

const disk = mountSmallDisk(t, diskMegabytes)
if (disk) {
  t.test(
    'a full disk stops the log, not the worker, and it goes on when space returns',
    async (t) => {
      disk.fill(roomBytes)
      const stage = await Stage.set(t, disk, 'running')
      await stage.connect()
      const full = await stage.untilFull()
      t.match(
        full,
        /Retrying: packets-0 .*The disk of the log is full: .*log\.db/,
        'health says why',
      )

      for (const path of [
        '/connectors?expand=info&expand=status',
        '/connectors/packets/status',
        '/connectors/packets/config',
        '/topics/packets/records?partition=0&from=latest&limit=1',
        '/metrics',
      ])
        t.equal((await stage.worker.call('GET', path)).status, 200, path)

      const acknowledged = await stage.acknowledged()
      t.ok(acknowledged > 0 && acknowledged < packets, `full after ${acknowledged} packets`)
      t.equal((await stage.numbers()).length, acknowledged, 'what was acknowledged is in the topic')
      await until(
        'the sink',
        () => stage.lines(),
        (lines) => lines === acknowledged,
      )

      disk.free()
      await stage.untilAll()
      t.strictSame(await stage.numbers(), all(), 'each packet once, in order')
      await until(
        'the sink',
        () => stage.lines(),
        (lines) => lines === packets,
      )
      await until(
        'health',
        () => stage.health(),
        (message) => !message.includes('Retrying'),
      )
      t.equal(await stage.worker.stop(), 0)
    },
  )

  t.test(
    'a worker killed on a full disk starts again when there is space, and has lost nothing',
    async (t) => {
      disk.fill(roomBytes)
      const stage = await Stage.set(t, disk, 'killed')
      await stage.connect()
      await stage.untilFull()
      const before = await stage.numbers()
      stage.worker.kill('SIGKILL')
      await stage.worker.exited

      disk.fill(0)
      const folder = join(disk.folder, 'new')
      const { code, stdout } = await tapline(['worker', '--port', '0', '--data-dir', folder])
      t.equal(code, 2, 'a new log is refused')
      t.match(stdout, `The disk of the log is full: ${folder}`)
      // One that was there may find room within its own files: it lives, or says why it cannot.
      const refusal = await stage.start().catch((error: Error) => error.message)
      if (refusal !== undefined) t.match(refusal, `The disk of the log is full: ${stage.dataDir}`)
      else t.equal((await stage.worker.call('GET', '/connectors')).status, 200)
      t.strictSame((await stage.numbers()).slice(0, before.length), before, 'nothing is lost')

      disk.free()
      if (refusal !== undefined) await stage.start()
      await stage.untilAll()
      t.strictSame(await stage.numbers(), all(), 'each packet once, in order')
      await until(
        'the sink',
        () => stage.lines(),
        (lines) => lines >= packets,
      )
      t.equal(await stage.worker.stop(), 0)
    },
  )
}
