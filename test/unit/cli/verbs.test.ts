import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'
import { type Ended, tapline } from '../../helpers/command.ts'
import { writeTopics } from '../../helpers/topics.ts'

t.setTimeout(60_000)

const capture = 'configs/captures/eth-dns.pcap'
const dataDir = join(t.testdir(), 'data')
await writeTopics(dataDir, {
  values: [
    '{"a": 12345678901234567890,\n"b": 1.0}',
    'plain',
    '\ufeff{}',
    '{"a',
    Buffer.from('{"a":"\xff"}', 'latin1'),
    Buffer.of(0xff),
  ],
})
const log = (...args: string[]) => tapline(['log', ...args, '--data-dir', dataDir])
const lines = ({ stdout }: Ended) => stdout.split('\n').slice(0, -1)

t.test('mistakes are answered in words, without a stack, and with a code', async (t) => {
  const missing = join(dataDir, 'missing')
  const cut = join(dataDir, 'cut.pcap')
  writeFileSync(cut, Buffer.of(0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4))
  const cases: [args: readonly string[], words: RegExp][] = [
    [['wroker'], /unknown command 'wroker'\n\(Did you mean worker\?\)/],
    [['worker', '--prot', '1'], /unknown option '--prot'\n\(Did you mean --port\?\)/],
    [['demo', '--port', '80x'], /argument '80x' is invalid\. It must be a port/],
    [['decode'], /missing required argument 'file'/],
    [['decode', missing], /^tapline decode: Capture ".*missing" does not exist\n/],
    [['decode', 'README.md'], /^tapline decode: .* those of no capture format\n/],
    [['decode', 'configs'], /^tapline decode: "configs" is a folder, not a capture file\n/],
    [['decode', cut], /^tapline decode: Capture ".*cut\.pcap"/],
    [['decode', '--fields', 'ip_scr', capture], /^tapline decode: .*Not known: ip_scr/],
    [['decode', '--shape', 'odd', capture], /^tapline decode: .*must be one of: wireshark-ek/],
    [['log', '--data-dir', missing], /^tapline log: The log cannot be opened: .*missing/],
    [['log', 'nix', '--data-dir', dataDir], /^tapline log: There is no topic nix in /],
    [
      ['log', 'values', '--partition', '1', '--data-dir', dataDir],
      /^tapline log: Topic values has no partition 1\nIts partitions are 0 to 0\.\n$/,
    ],
    [['log', 'values', '--limit', 'few'], /argument 'few' is invalid\. It must be a whole number/],
    [['log', 'values', '--from', 'noon'], /must be earliest, an offset, or a time as/],
  ]
  for (const [args, words] of cases) {
    const { code, stdout, stderr } = await tapline(args)
    t.equal(code, 1, args.join(' '))
    t.match(stderr, words)
    t.notMatch(stderr, /\n {4}at /, 'no stack')
    t.equal(stdout, '')
  }
  t.match(await tapline(['--version']), { code: 0, stdout: /^\d+\.\d+\.\d+\n$/ })
})

t.test('log prints what lies in a topic, a line a record, to the letter', async (t) => {
  t.match(
    lines(await log()).map((line) => JSON.parse(line)),
    [{ topic: 'values', partitions: 1, records: 6 }],
  )
  const values = lines(await log('values')).map((line) => /"value":(.*)\}$/.exec(line)?.[1])
  t.strictSame(values, [
    '{"a": 12345678901234567890, "b": 1.0}',
    '"plain"',
    '"\ufeff{}"',
    '"{\\"a"',
    '{"base64":"eyJhIjoi/yJ9"}',
    '{"base64":"/w=="}',
  ])
  const some = lines(await log('values', '--from', '1', '--limit', '2'))
  t.match(
    some.map((line) => JSON.parse(line)),
    [{ offset: 1, value: 'plain' }, { offset: 2 }],
  )
  t.equal(some.length, 2)
  t.equal((await log('values', '--from', '2999-01-01T00:00:00Z')).stdout, '')
})

t.test('decode prints packets, and stops when nobody reads on or nobody can', async (t) => {
  const decoded = await tapline(['decode', '--fields', 'ip_src', '--shape', 'typed', capture])
  t.equal(decoded.code, 0)
  t.match(JSON.parse(lines(decoded)[0] ?? ''), { ip_src: /^[\d.]+$/ })

  const large = 'configs/captures/eth-tcp-echo-82582.pcap.gz'
  const command = `env NODE_OPTIONS= "${process.execPath}" runtime/main.ts decode ${large}`
  const shell = async (script: string) => {
    const child = spawn('/bin/bash', ['-o', 'pipefail', '-c', script], {
      cwd: resolve(import.meta.dirname, '../../..'),
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let stderr = ''
    child.stderr.on('data', (data) => {
      stderr += data
    })
    const [code] = await once(child, 'close')
    return { code, stderr }
  }
  t.strictSame(await shell(`${command} | head -n 1`), { code: 0, stderr: '' })
  t.match(await shell(`${command} > /dev/full`), { code: 1, stderr: /no space left on device/ })
})
