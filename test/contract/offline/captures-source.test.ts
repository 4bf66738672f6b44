import { open, readFile, utimes, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib'
import t from 'tap'
import pcap from '../../../connectors/pcap/index.ts'
import { Pacer, parsePace } from '../../../connectors/pcap/pace.ts'
import {
  type OffsetMap,
  parseConfig,
  type RawConfig,
  Struct,
  validateConfig,
} from '../../../runtime/api/index.ts'
import { Packet } from '../../../runtime/packet/packet.ts'
import { runSource } from './captures-reading.ts'

const captures = new URL('../../../configs/captures/', import.meta.url).pathname
const fixtures = new URL('../../fixtures/captures/', import.meta.url).pathname
const dns = join(captures, 'eth-dns.pcap')
const echo = join(captures, 'eth-tcp-echo-82582.pcap.gz')
const wifi = join(captures, 'radiotap-probes-lab.pcap')
const sections = join(fixtures, 'pcapng-le-multi-section.pcapng')
const mixedClocks = join(fixtures, 'pcapng-2-interfaces-mixed-tsresol.pcapng')

const context = {
  connector: 'captures',
  signal: new AbortController().signal,
  log: { debug() {}, info() {}, warn() {}, error() {} },
}

function problems(raw: RawConfig): Record<string, readonly string[]> {
  const base = { 'pcap.path': 'a.pcap', topic: 't' }
  return Object.fromEntries(
    validateConfig(pcap.config, { ...base, ...raw })
      .filter(({ errors }) => errors.length > 0)
      .map(({ name, errors }) => [name, errors]),
  )
}

t.test('a record tells its packet, where it lies and how to go on', async (t) => {
  const { records, trouble } = await runSource({ 'pcap.path': dns })
  t.equal(trouble, undefined)
  t.equal(records.length, 16)
  t.match(records[0], {
    sourcePartition: { file: dns },
    sourceOffset: { pos: 121, n: 1, head: /^[0-9a-f]{32}$/ },
    topic: 'packets',
    key: null,
    valueSchema: null,
    timestamp: 1460049092478,
    value: {
      timestamp: '1460049092478',
      frame_number: ['1'],
      frame_time_epoch: ['1460049092.478747000'],
      frame_protocols: ['eth:ethertype:ip:udp:dns'],
      udp_dstport: ['53'],
      dns_qry_name: ['kernel.org'],
    },
  })
  t.notOk('tcp_flags' in (records[0]!.value as object), 'what does not occur is absent')
  t.equal(Object.keys(records[0]!.value as object)[0], 'timestamp')
})

t.test('the typed shape has one schema, first occurrences and numbers', async (t) => {
  const raw = {
    'pcap.path': wifi,
    'pcap.fields': 'wlan-basic,tcp_seq_raw,_truncated',
    'pcap.shape': 'typed',
  }
  const { records } = await runSource(raw)
  const value = records[0]!.value as Struct
  t.type(value, Struct)
  t.doesNotThrow(() => value.validate())
  t.equal(new Set(records.map(({ valueSchema }) => valueSchema)).size, 1)
  t.equal(value.get('frame_number'), 1n)
  t.equal(value.get('frame_time_epoch'), '1681682513.104135000')
  t.equal(value.get('wlan_fc_type_subtype'), 4)
  t.equal(value.get('wlan_radio_signal_dbm'), -82)
  t.equal(value.get('wlan_tag_oui'), 20722, 'the first of several')
  t.equal(value.get('tcp_seq_raw'), null)
  t.ok(value.schema.fields.every(({ schema }) => schema.optional))
  for (const { value } of records) (value as Struct).validate()
})

t.test('every field of every capture fits the typed schema', async (t) => {
  for (const name of [
    'eth-tls-snaplen.pcap',
    'eth-mixed-ipv4-ipv6.pcap',
    'radiotap-mixed-exthdr.pcap',
    'corrupt/frelay-caplen-above-len.pcap',
  ]) {
    const { records } = await runSource({
      'pcap.path': join(fixtures, name),
      'pcap.fields': 'all',
      'pcap.shape': 'typed',
    })
    t.ok(records.length > 0)
    t.doesNotThrow(() => {
      for (const { value } of records) (value as Struct).validate()
    }, name)
  }
})

t.test('keys are what they are told to be', async (t) => {
  const keys = async (form: string, path = dns) =>
    (await runSource({ 'pcap.path': path, 'pcap.key': form, 'pcap.fields': 'frame_len' })).records
  const tuples = await keys('5tuple')
  t.equal(tuples[0]?.key, '17,192.168.0.30,45418,8.8.4.4,53')
  t.equal(tuples[1]?.key, tuples[0]?.key, 'both directions share it')
  t.equal((await keys('5tuple', wifi))[0]?.key, null)
  t.equal((await keys('mac'))[0]?.key, 'dc:53:60:2b:6a:4c')
  t.equal((await keys('mac', wifi))[0]?.key, 'dc:a6:32:eb:59:4d')
  t.equal((await keys('field:ip.dst'))[0]?.key, '8.8.4.4')
  t.equal((await keys('field:tcp_flags'))[0]?.key, null)
  const [first, second] = await keys('position')
  t.same((first!.key as Struct).values, [dns, 1n])
  t.same((second!.key as Struct).values, [dns, 2n])
  t.doesNotThrow(() => (first!.key as Struct).validate())
})

t.test('resuming after any record gives exactly the rest', async (t) => {
  const dir = t.testdir({})
  const gzipped = join(dir, 'sections.pcapng.gz')
  const members = join(dir, 'dns.pcap.gz')
  const zstd = join(dir, 'dns.pcap.zst')
  const original = await readFile(dns)
  await writeFile(gzipped, gzipSync(await readFile(sections)))
  await writeFile(
    members,
    Buffer.concat([gzipSync(original.subarray(0, 900)), gzipSync(original.subarray(900))]),
  )
  await writeFile(zstd, zstdCompressSync(original))
  for (const path of [dns, sections, mixedClocks, gzipped, members, zstd]) {
    const raw = { 'pcap.path': path, 'pcap.fields': 'all' }
    const whole = await runSource(raw)
    t.equal(whole.trouble, undefined)
    t.ok(whole.records.length >= 4, basename(path))
    for (const [index, { sourceOffset }] of whole.records.entries()) {
      // As it comes back from the offset topic.
      const stored = JSON.parse(JSON.stringify(sourceOffset)) as OffsetMap
      const rest = await runSource(raw, { offset: () => stored })
      t.equal(rest.trouble, undefined)
      t.same(rest.records, whole.records.slice(index + 1), `${basename(path)} after ${index + 1}`)
    }
  }
})

t.test('resuming in a long compressed capture is exact', async (t) => {
  const raw = { 'pcap.path': echo, 'pcap.fields': 'frame_number,frame_time_epoch,tcp_seq_raw' }
  const whole = await runSource(raw)
  t.equal(whole.records.length, 82582)
  t.ok(
    whole.batches.slice(0, -1).every((count) => count >= 500),
    'batches are large under load',
  )
  const offset = whole.records[40_000]!.sourceOffset
  const rest = await runSource(raw, { offset: () => offset })
  t.equal(rest.records.length, 82582 - 40_001)
  t.same(rest.records[0], whole.records[40_001])
  t.same(rest.records.at(-1), whole.records.at(-1))
})

t.test('offsets beyond 4 GiB lead to their packet', async (t) => {
  const dir = t.testdir({})
  const path = join(dir, 'sparse.pcap')
  const original = await readFile(dns)
  const file = await open(path, 'w')
  await file.write(original, 0, original.length, 0)
  await file.write(original, 24, original.length - 24, 5_000_000_000)
  await file.close()
  const head = (await runSource({ 'pcap.path': dns })).records[0]!.sourceOffset['head'] as string
  const { records, trouble } = await runSource(
    { 'pcap.path': path },
    { offset: () => ({ pos: 5_000_000_000, n: 50_000_000, head }) },
  )
  t.equal(trouble, undefined)
  t.equal(records.length, 16)
  t.match(records[0], {
    sourceOffset: { pos: 5_000_000_097, n: 50_000_001 },
    value: { dns_qry_name: ['kernel.org'] },
  })
})

t.test('a file that is not the one that was read before is refused', async (t) => {
  const dir = t.testdir({})
  const path = join(dir, 'a.pcap')
  const original = await readFile(dns)
  await writeFile(path, original)
  const last = (await runSource({ 'pcap.path': path })).records.at(-1)!.sourceOffset
  await writeFile(path, original.subarray(0, 400))
  const shorter = await runSource({ 'pcap.path': path }, { offset: () => last })
  t.match(shorter.trouble, { message: /not the one .* fewer than/, hint: /delete its offsets/ })
  t.equal(shorter.records.length, 0)
  await writeFile(path, await readFile(wifi))
  const other = await runSource({ 'pcap.path': path }, { offset: () => last })
  t.match(other.trouble, { message: /first 64 octets differ/ })
  await writeFile(`${path}.gz`, gzipSync(original.subarray(0, 400)))
  const inflated = await runSource({ 'pcap.path': `${path}.gz` }, { offset: () => last })
  t.match(inflated.trouble, { message: /fewer than/ })
  const broken = await runSource(
    { 'pcap.path': dns },
    { offset: () => ({ pos: 'x', n: 1, head: '' }) },
  )
  t.match(broken.trouble, { message: /no usable "pos"/ })
})

t.test('damage comes after the good packets, and stops the task or skips the file', async (t) => {
  const dir = t.testdir({})
  const original = await readFile(dns)
  const damaged: [name: string, octets: Buffer, packets: number, message: RegExp][] = [
    [
      '1-cut.pcap',
      original.subarray(0, -10),
      15,
      /at octet 2\d{3}: the capture ends inside the record after packet 15/,
    ],
    ['2-text.pcap', Buffer.from('this is a text file'), 0, /no capture format/],
    ['3-cut.pcap.gz', gzipSync(original).subarray(0, -30), 14, /compressed data end/],
    ['4-lz4.pcap', Buffer.from('04224d1800000000', 'hex'), 0, /lz4/],
    ['5-header.pcap', original.subarray(0, 20), 0, /the file header/],
  ]
  for (const [name, octets, packets, message] of damaged) {
    const path = join(dir, name)
    await writeFile(path, octets)
    const stopped = await runSource({ 'pcap.path': `${path},${dns}` })
    const ours = stopped.records.filter(({ sourcePartition }) => sourcePartition['file'] === path)
    if (name.endsWith('gz')) t.ok(ours.length > 0, `${name}: packets before the cut`)
    else t.equal(ours.length, packets, name)
    t.match(stopped.trouble, { message, hint: /skip-file/, code: 'CONNECT_ERROR' }, name)
    t.ok(stopped.trouble?.message.includes(path), 'names the file')
    const skipped = await runSource({
      'pcap.path': `${path},${dns}`,
      'pcap.on.corrupt': 'skip-file',
    })
    t.equal(skipped.trouble, undefined)
    t.equal(skipped.records.length, ours.length + 16, `${name}: the next file is read`)
    t.match(skipped.warnings, [{ file: path, err: { message } }])
  }
  const empty = join(dir, 'empty.pcap')
  await writeFile(empty, '')
  t.match(
    await runSource({ 'pcap.path': empty }),
    { records: [], trouble: undefined },
    'an empty file is no packets',
  )
})

t.test('a compressed capture may not grow without bound', async (t) => {
  const dir = t.testdir({})
  const bomb = join(dir, 'bomb.pcap.gz')
  const header = (await readFile(dns)).subarray(0, 24)
  await writeFile(bomb, gzipSync(Buffer.concat([header, Buffer.alloc(20_000_000)])))
  const { trouble } = await runSource({
    'pcap.path': bomb,
    'pcap.max.decompressed.bytes': '1000000',
    'pcap.fields': 'frame_len',
  })
  t.match(trouble, { message: /grows beyond 1000000 octets \(pcap.max.decompressed.bytes\)/ })
})

t.test('packets without a time get that of their file, and say so', async (t) => {
  const dir = t.testdir({})
  const path = join(dir, 'simple.pcapng')
  await writeFile(path, await readFile(join(fixtures, 'pcapng-le-simple-packet-blocks.pcapng')))
  await utimes(path, 1_700_000_000, 1_700_000_000)
  const { records } = await runSource({ 'pcap.path': path })
  t.match(records[0], {
    timestamp: 1_700_000_000_000,
    headers: [{ key: 'pcap.time.of.file', value: true }],
  })
  t.notOk('frame_time_epoch' in (records[0]!.value as object))
})

t.test('files are read by name, into topics by name, and shared out whole', async (t) => {
  const dir = t.testdir({ b: {}, a: {} })
  const names = ['b/1.pcap', 'a/3 x.pcap', 'a/2.pcap']
  for (const name of names) await writeFile(join(dir, name), await readFile(dns))
  const path = names.map((name) => join(dir, name)).join(',')
  const { records } = await runSource({ 'pcap.path': path, topic: `cap.\${file}` })
  t.same(
    [...new Set(records.map(({ topic }) => topic))],
    ['cap.1.pcap', 'cap.2.pcap', 'cap.3_x.pcap'],
  )
  const config = parseConfig(pcap.config, { 'pcap.path': path, topic: 't' })
  const tasks = async (max: number) =>
    (await pcap.tasks?.(config, max, context))?.map((overlay) =>
      overlay['pcap.path']?.split(',').map((p) => basename(p)),
    )
  t.same(await tasks(1), [['1.pcap', '2.pcap', '3 x.pcap']])
  t.same(await tasks(2), [['1.pcap', '3 x.pcap'], ['2.pcap']])
  t.same(await tasks(8), [['1.pcap'], ['2.pcap'], ['3 x.pcap']])
})

t.test('what is wrong with files is said at validation and by the task', async (t) => {
  const dir = t.testdir({ folder: {}, 'text.pcap': 'no capture at all, this' })
  const check = async (path: string, more: RawConfig = {}) =>
    pcap.check?.(parseConfig(pcap.config, { 'pcap.path': path, topic: 't', ...more }), context)
  t.same(await check(`${dns},${echo}`), {})
  const missing = join(dir, 'missing.pcap')
  t.match(await check(`${missing},${join(dir, 'folder')},${join(dir, 'text.pcap')}`), {
    'pcap.path': [
      /missing.pcap" does not exist.*relative path/,
      /is a folder/,
      /no capture format/,
    ],
  })
  t.same(await check(join(dir, 'text.pcap'), { 'pcap.on.corrupt': 'skip-file' }), {})
  t.match((await runSource({ 'pcap.path': missing })).trouble, {
    code: 'CONNECT_ERROR',
    message: /does not exist/,
  })
  t.match((await runSource({ 'pcap.path': join(dir, 'folder') })).trouble, {
    message: /is a folder/,
  })
  t.match((await runSource({ 'pcap.path': `${dns}/x` })).trouble, { message: /does not exist/ })
})

t.test('keys whose feature comes later are refused, each by name', async (t) => {
  t.same(problems({}), {})
  const later: RawConfig[] = [
    { 'pcap.on.eof': 'tail' },
    { 'pcap.on.eof': 'reopen' },
    { 'pcap.shape': 'layers' },
    { 'pcap.shape': 'raw' },
    { 'pcap.fields': 'wlan-article' },
    { 'pcap.fields': 'ip-basic,traffic-logs' },
    { 'pcap.payload': 'hash' },
    { 'pcap.on.corrupt': 'resync' },
    { 'pcap.order': 'mtime' },
    { 'pcap.settle.ms': '10' },
    { 'pcap.after': 'delete' },
    { 'pcap.interface': 'eth0' },
    { 'pcap.filter': 'port 53' },
    { 'pcap.snaplen': '96' },
    { 'pcap.monitor': 'true' },
    { 'pcap.ring': '/tmp/ring' },
    { 'pcap.vendor.dissected': '0050f2' },
    { 'pcap.path': '-' },
    { 'pcap.path': '/captures/*.pcap' },
    { topic: `x.\${interface}` },
  ]
  for (const raw of later) {
    const [key] = Object.keys(raw) as [string]
    t.match(problems(raw), { [key]: [/not available yet/] }, JSON.stringify(raw))
    t.same(Object.keys(problems(raw)), [key])
  }
  t.same(
    problems({
      'pcap.payload': 'none',
      'pcap.settle.ms': '2000',
      'pcap.after': 'keep',
      'pcap.order': 'name',
    }),
    {},
  )
})

t.test('wrong values are refused in words that help', async (t) => {
  for (const [raw, message] of [
    [{ 'pcap.path': '' }, /at least one/],
    [{ 'pcap.path': 'a.pcap,,b.pcap' }, /comma too many/],
    [{ 'pcap.path': 'a.pcap,a.pcap' }, /named twice/],
    [{ topic: '' }, /non-empty/],
    [{ topic: `\${files}` }, /only \$\{file\}/],
    [{ 'pcap.fields': 'ip_src,ip_sorce' }, /Not known: ip_sorce.*presets/],
    [{ 'pcap.fields': '' }, /at least one/],
    [{ 'pcap.key': 'field:nonsense' }, /no field "nonsense"/],
    [{ 'pcap.key': 'tuple' }, /Must be one of/],
    [{ 'pcap.pace': 'fast' }, /rate:/],
    [{ 'pcap.pace': 'x0' }, /rate:/],
    [{ 'pcap.max.decompressed.bytes': '0' }, /at least 1/],
    [{ 'pcap.shape': 'json' }, /wireshark-ek/],
  ] as [RawConfig, RegExp][]) {
    const [key] = Object.keys(raw) as [string]
    t.match(problems(raw), { [key]: [message] }, JSON.stringify(raw))
  }
})

t.test('offsets altered by hand must be ones to resume from', async (t) => {
  const config = parseConfig(pcap.config, { 'pcap.path': dns, topic: 't' })
  const alter = async (partition: OffsetMap, offset: OffsetMap | null) =>
    pcap.alterOffsets?.(config, [{ partition, offset }], context)
  const good = { pos: 121, n: 1, head: 'abc' }
  t.equal(await alter({ file: dns }, good), true)
  t.equal(await alter({ file: dns }, null), true)
  await t.rejects(alter({ filename: dns }, good), { message: /"file"/ })
  await t.rejects(alter({ file: dns }, { ...good, n: -1 }), { message: /"n"/ })
  await t.rejects(alter({ file: dns }, { ...good, section: 0 }), { message: /"ifaces"/ })
  await t.rejects(alter({ file: dns }, { ...good, section: 0, ifaces: '[]', order: 'odd' }), {
    message: /"order"/,
  })
})

t.test('a pace is kept, in small batches, and a stop wakes it', async (t) => {
  const started = performance.now()
  const paced = await runSource({ 'pcap.path': dns, 'pcap.pace': 'rate:100' })
  t.equal(paced.records.length, 16)
  t.ok(performance.now() - started >= 120, '16 packets at 100 a second')
  t.ok(paced.batches.length > 4)
  const controller = new AbortController()
  const slow = await runSource(
    { 'pcap.path': dns, 'pcap.pace': 'x0.0001' },
    { signal: controller.signal, onBatch: () => controller.abort() },
  )
  t.match(slow, { trouble: undefined, batches: [1] })
  const stopped = new AbortController()
  const unpaced = await runSource(
    { 'pcap.path': echo },
    { signal: stopped.signal, onBatch: () => stopped.abort() },
  )
  t.match(unpaced, { trouble: undefined, batches: [1000] })
})

t.test('the clock of a capture says when a packet is due', async (t) => {
  t.equal(parsePace('none'), 'none')
  t.same(parsePace('original'), { speed: 1 })
  t.same(parsePace('x2.5'), { speed: 2.5 })
  t.same(parsePace('rate:20000'), { rate: 20000 })
  for (const text of ['x', 'x-1', 'rate:', 'rate:0', '2', 'original '])
    t.equal(parsePace(text), undefined, text)
  const at = (seconds: number, hasTime = true) => Object.assign(new Packet(), { seconds, hasTime })
  const twice = new Pacer({ speed: 2 })
  t.equal(twice.waitMs(at(100), 5000), 0)
  t.equal(twice.waitMs(at(104), 5000), 2000)
  t.equal(twice.waitMs(at(104), 8000), -1000, 'late')
  t.equal(twice.waitMs(at(0, false), 5000), 0, 'no time, no wait')
  twice.nextFile()
  t.equal(twice.waitMs(at(9000), 6000), 0, 'a file of another day begins at once')
  const rate = new Pacer({ rate: 10 })
  t.same(
    [1, 2, 3].map(() => rate.waitMs(at(0), 1000)),
    [0, 100, 200],
  )
})

t.test('a plain capture inflates to the same records', async (t) => {
  const dir = t.testdir({})
  const plain = join(dir, 'echo.pcap')
  await writeFile(plain, gunzipSync(await readFile(echo)))
  const raw = { 'pcap.fields': 'ip-basic' }
  const ours = await runSource({ ...raw, 'pcap.path': plain })
  const theirs = await runSource({ ...raw, 'pcap.path': echo })
  const values = ({ records }: typeof ours) =>
    records.map(({ value }) => JSON.stringify(value)).join('\n')
  t.equal(values(ours) === values(theirs), true)
})
