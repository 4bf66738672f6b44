import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import t from 'tap'
import { Launched } from '../helpers/launched.ts'
import { processesOf } from '../helpers/processes.ts'
import { until } from '../helpers/running-worker.ts'

const root = resolve(import.meta.dirname, '../..')

t.setTimeout(180_000)

t.test('the launcher takes the pinned Node, whatever the machine has', async (t) => {
  const launched = new Launched(
    ['decode', 'configs/captures/eth-dns.pcap'],
    'data:text/javascript,console.error(process.version)',
  )
  t.equal(await launched.exited, 0)
  const pinned = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).devDependencies.node
  t.equal(launched.stderr.trim().split('\n').at(-1), `v${pinned}`)
  t.match(JSON.parse(launched.lines[0] ?? ''), { frame_number: ['1'] })
})

t.test('demo --once proves itself and ends', async (t) => {
  const launched = new Launched(['demo', '--once'])
  t.equal(await launched.exited, 0, launched.stderr)
  const { packets, rows, seconds } = JSON.parse(launched.lines.at(-1) ?? '')
  t.ok(packets >= 20_000, `${packets} packets`)
  t.equal(rows, packets)
  t.ok(seconds > 0, `${seconds} s`)
})

t.test(
  'the demo shows packets arriving, ends on Ctrl-C, goes on from there, and says what is wrong',
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'tapline-demo-'))
    chmodSync(folder, 0o755) // As root, its Postgres runs as another user.
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    const start = (port: string) => new Launched(['demo', '--port', port, '--data-dir', folder])
    const checked = /^Checked: (\d+) packets in the log, (\d+) rows in Postgres: equal\.$/m

    const first = start('0')
    await first.progress(1)
    const page = /http:\/\/127\.0\.0\.1:(\d+)\/ui\//.exec(first.stdout)
    const answer = await fetch(page?.[0] ?? '')
    t.match(answer.headers.get('content-type'), 'text/html')
    t.match(await answer.text(), '<html')

    const port = page?.[1] ?? ''
    const [onPort, inFolder] = [start(port), start('0')]
    t.equal(await onPort.exited, 1)
    t.match(onPort.stderr, `port ${port} on 127.0.0.1 is taken`)
    t.equal(await inFolder.exited, 1)
    t.match(inFolder.stderr, `Another worker uses the data directory ${folder}/log`)

    const { rows } = await first.progress(3)
    t.ok(rows > 0, 'and the first did not notice')
    t.equal(await first.interrupt(), 0, first.stderr)
    const [, packets, written] = checked.exec(first.stdout) ?? []
    t.ok(Number(packets) >= rows)
    t.equal(written, packets)
    t.strictSame(processesOf(folder), [], 'no process is left')

    const second = start('0')
    t.ok((await second.progress(1)).packets >= Number(packets), 'goes on where it stopped')
    process.kill(
      Number(readFileSync(join(folder, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0]),
      'SIGKILL',
    )
    t.equal(await second.exited, 1)
    t.match(second.stderr, /^tapline demo: Postgres has ended; was it killed\? Nothing is lost/)
    await until(
      'none to be left',
      async () => processesOf(folder),
      ({ length }) => length === 0,
    )

    const third = start('0')
    await third.progress(1)
    t.equal(await third.interrupt(), 0, third.stderr)
    t.match(third.stdout, checked, 'a killed Postgres loses nothing')
    t.strictSame(processesOf(folder), [], 'no process is left')
  },
)
