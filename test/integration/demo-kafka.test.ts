import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openKafka } from '../helpers/kafka-log.ts'
import { Launched } from '../helpers/launched.ts'
import { processesOf } from '../helpers/processes.ts'
import { service } from '../helpers/services.ts'

t.setTimeout(300_000)

const kafka = await service(t, 'kafka')
if (kafka) {
  const address = kafka.url ?? ''

  /** Names of the broker's topics that demos made. */
  const topics = async () => {
    const log = await openKafka(address)
    const names = (await log.topics()).map(({ topic }) => topic)
    await log.close()
    return names.filter((name) => name.startsWith('tapline-demo-'))
  }

  t.test('demo --once proves itself on a broker and leaves nothing there', async (t) => {
    const launched = new Launched(['demo', '--once', '--kafka', '--bootstrap-servers', address])
    t.equal(await launched.exited, 0, launched.stderr)
    const { packets, rows } = JSON.parse(launched.lines.at(-1) ?? '')
    t.ok(packets >= 20_000, `${packets} packets`)
    t.equal(rows, packets)
    t.strictSame(await topics(), [])
  })

  t.test('on a broker the demo ends on Ctrl-C and goes on from there', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'tapline-demo-kafka-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    const place = ['--kafka', '--bootstrap-servers', address, '--data-dir', folder]
    const checked = /^Checked: (\d+) packets in the log, (\d+) rows in Postgres: equal\.$/m

    const first = new Launched(['demo', '--port', '0', ...place])
    const { rows } = await first.progress(3)
    t.ok(rows > 0, 'packets become rows')
    const second = new Launched(['demo', '--port', '0', ...place])
    t.equal(await second.exited, 1, 'a second one in that folder is refused')
    t.match(second.stderr, `uses ${folder}`)
    t.equal(await first.interrupt(), 0, first.stderr)
    const [, packets] = checked.exec(first.stdout) ?? []
    t.ok(Number(packets) >= rows, first.stdout)
    t.strictSame(processesOf(folder), [], 'no process is left')

    const name = readFileSync(join(folder, 'kafka-name'), 'utf8')
    const expected = ['configs', 'offsets', 'packets', 'status', 'wifi'].map(
      (each) => `${name}-${each}`,
    )
    t.strictSame((await topics()).sort(), expected, 'all that it made has its name')

    const third = new Launched(['demo', '--port', '0', ...place])
    t.ok((await third.progress(1)).packets >= Number(packets), 'goes on where it stopped')
    t.equal(await third.interrupt(), 0, third.stderr)
    t.match(third.stdout, checked)
  })
}

t.test('what is missing for a broker of its own is said in words', async (t) => {
  const launched = new Launched(['demo', '--once', '--kafka'], '', { JAVA_HOME: '/nowhere' })
  t.equal(await launched.exited, 1)
  t.match(launched.stderr, /needs Java 17, and there is none\. Install a JDK .*--bootstrap-servers/)
})
