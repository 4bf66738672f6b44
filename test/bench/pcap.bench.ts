/**
 * How fast are captures decoded? Two questions a capture: octets → fields alone, and file → records → JSON text as the source and the converter
 * do it. Captures of 100 MB are made from those of the project; `CAPTURE=file.pcap` takes another one, with the preset `ip-basic`.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import pcap from '../../connectors/pcap/index.ts'
import { parseConfig, type RawConfig } from '../../runtime/api/index.ts'
import {
  CaptureReader,
  decodeFrame,
  Frame,
  planFields,
  resolveFields,
} from '../../runtime/packet/index.ts'
import { countPackets, ethernet, makeLarge, radiotap } from './large-capture.ts'

const CHUNK_BYTES = 1024 * 1024
const ROUNDS = 5

interface Figure {
  readonly seconds: number
  readonly cpuSeconds: number
  readonly packets: number
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tapline-bench-'))
  try {
    const made = join(folder, 'ethernet.pcap')
    const wifi = join(folder, 'radiotap.pcap')
    const given = process.env['CAPTURE']
    if (given === undefined) makeLarge(ethernet, made)
    makeLarge(radiotap, wifi)
    for (const [path, preset] of [
      [given ?? made, 'ip-basic'],
      [wifi, 'wlan-basic'],
    ] as const) {
      const expected = countPackets(path)
      await measure('decode', path, preset, expected, async () => decodeAlone(path, preset))
      for (const shape of ['wireshark-ek', 'typed'] as const) {
        const raw = { 'pcap.path': path, 'pcap.fields': preset, 'pcap.shape': shape }
        await measure(`records and JSON, ${shape}`, path, preset, expected, () => toJson(raw))
      }
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function decodeAlone(path: string, preset: string): Figure {
  const file = readFileSync(path)
  const frame = new Frame(planFields(resolveFields([preset]).fields))
  const reader = new CaptureReader()
  const clock = start()
  let packets = 0
  for (let at = 0; at < file.length; at += CHUNK_BYTES) {
    reader.feed(file.subarray(at, at + CHUNK_BYTES))
    while (reader.next()) {
      decodeFrame(frame, reader.packet, reader.octets)
      packets++
    }
  }
  reader.end()
  return clock(packets)
}

async function toJson(raw: RawConfig): Promise<Figure> {
  const clock = start()
  let packets = 0
  let bytes = 0
  const task = await pcap.open(parseConfig(pcap.config, { topic: 'bench', ...raw }), {
    connector: 'bench',
    task: 0,
    signal: new AbortController().signal,
    log: { debug() {}, info() {}, warn() {}, error() {} },
    offsets: { read: async () => null },
  })
  for await (const batch of task) {
    for (const { value } of batch) bytes += JSON.stringify(plain(value)).length
    packets += batch.length
  }
  if (bytes === 0) throw new Error('no JSON came out')
  return clock(packets)
}

/** A Struct's values are written as a converter would: by its fields. */
function plain(value: unknown): unknown {
  const struct = value as { schema?: { fields: { name: string }[] }; values?: unknown[] }
  if (struct.schema === undefined) return value
  const object: Record<string, unknown> = {}
  struct.schema.fields.forEach(({ name }, index) => {
    const field = struct.values![index]
    object[name] = typeof field === 'bigint' ? Number(field) : field
  })
  return object
}

function start(): (packets: number) => Figure {
  const cpu = process.cpuUsage()
  const at = performance.now()
  return (packets) => {
    const { user, system } = process.cpuUsage(cpu)
    return { seconds: (performance.now() - at) / 1000, cpuSeconds: (user + system) / 1e6, packets }
  }
}

async function measure(
  question: string,
  path: string,
  preset: string,
  expected: number,
  run: () => Promise<Figure>,
): Promise<void> {
  await run() // warm
  const figures: Figure[] = []
  for (let round = 0; round < ROUNDS; round++) figures.push(await run())
  for (const { packets } of figures) {
    if (packets !== expected)
      throw new Error(`${question}: ${packets} packets instead of ${expected}`)
  }
  const rates = figures
    .map(({ packets, seconds }) => Math.round(packets / seconds))
    .sort((a, b) => a - b)
  const perCore = figures
    .map(({ packets, cpuSeconds }) => packets / cpuSeconds)
    .sort((a, b) => a - b)
  const middle = Math.floor(ROUNDS / 2)
  const line = {
    bench: 'pcap',
    question,
    preset,
    packets: expected,
    megabytes: Math.round(statSync(path).size / 1e6),
    packetsPerSecond: rates[middle],
    spread: [rates[0], rates.at(-1)],
    packetsPerCoreSecond: Math.round(perCore[middle]!),
    maxRssMB: Math.round(process.resourceUsage().maxRSS / 1024),
    node: process.version,
    machine: `${cpus().length} × ${cpus()[0]?.model}`,
    commit,
  }
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()

await main()
