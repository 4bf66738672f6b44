import { setTimeout as sleep } from 'node:timers/promises'
import type { Headers, Logger, SourceContext, SourceRecord } from '../../runtime/api/index.ts'
import { BOOLEAN } from '../../runtime/api/index.ts'
import {
  CaptureError,
  CaptureReader,
  decodeFrame,
  Frame,
  type Packet,
  planFields,
  resolveFields,
} from '../../runtime/packet/index.ts'
import { CaptureFile } from './capture-file.ts'
import type { Config } from './config.ts'
import { inOrder, topicFor } from './files.ts'
import { keyForm } from './key.ts'
import { headHash, OffsetMaker, parseOffset, partitionOf } from './offset.ts'
import { Pacer, parsePace } from './pace.ts'
import { typedShape, wiresharkShape } from './shape.ts'
import { captureTrouble, changedFile } from './trouble.ts'

/** I6: a batch closes at this many records, or when the packets in it make this many octets. */
const BATCH_RECORDS = 1000
const BATCH_OCTETS = 4 * 1024 * 1024
/** Packets due within this are told together, so that a paced source does not live by timers. */
const PACE_GRAIN_MS = 10
const DAY_MS = 86_400_000

/** Says that the time of a record is the file's, as the packet has none. */
const timeOfFile: Headers = [{ key: 'pcap.time.of.file', schema: BOOLEAN, value: true }]

/** The packets of the configured files, one file after the other, from where each was left. */
export async function* packets(
  config: Config,
  context: SourceContext,
): AsyncGenerator<readonly SourceRecord[]> {
  const key = keyForm(config['pcap.key'])
  const { fields } = resolveFields(config['pcap.fields'])
  const shape = config['pcap.shape'] === 'typed' ? typedShape(fields) : wiresharkShape(fields)
  const pace = parsePace(config['pcap.pace']) ?? 'none'
  const reading: Reading = {
    config,
    context,
    key,
    shape,
    frame: new Frame(planFields(fields, key.needs)),
    pacer: pace === 'none' ? undefined : new Pacer(pace),
  }
  for (const path of inOrder(config['pcap.path'])) {
    if (context.signal.aborted) return
    try {
      yield* packetsOfFile(path, reading)
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error
      const trouble = captureTrouble(path, error)
      if (config['pcap.on.corrupt'] === 'stop') throw trouble
      warnSkipped(context.log, path, trouble)
    }
  }
}

interface Reading {
  readonly config: Config
  readonly context: SourceContext
  readonly key: ReturnType<typeof keyForm>
  readonly shape: ReturnType<typeof wiresharkShape>
  readonly frame: Frame
  readonly pacer: Pacer | undefined
}

async function* packetsOfFile(
  path: string,
  reading: Reading,
): AsyncGenerator<readonly SourceRecord[]> {
  const { config, context, pacer } = reading
  const { signal } = context
  const file = await CaptureFile.open(path, config['pcap.max.decompressed.bytes'])
  let batch: SourceRecord[] = []
  try {
    const head = headHash(file.head)
    const { reader, position } = await resumed(file, head, context)
    const toRecord = recordMaker(reading, file, reader, new OffsetMaker(head))
    pacer?.nextFile()
    let octets = 0
    for await (const chunk of file.chunks(position, signal)) {
      if (signal.aborted) return
      reader.feed(chunk)
      while (reader.next()) {
        const waitMs = pacer?.waitMs(reader.packet, performance.now()) ?? 0
        if (waitMs > PACE_GRAIN_MS) {
          if (batch.length > 0) yield batch
          batch = []
          octets = 0
          if (!(await slept(waitMs, signal))) return
        }
        batch.push(toRecord())
        octets += reader.packet.captured
        if (batch.length < BATCH_RECORDS && octets < BATCH_OCTETS) continue
        yield batch
        if (signal.aborted) return
        batch = []
        octets = 0
      }
    }
    if (signal.aborted) return
    reader.end()
    warnOdd(context.log, path, reader)
  } catch (error) {
    // What is good comes first: the trouble is told when it was taken.
    if (batch.length > 0) yield batch
    batch = []
    throw error
  } finally {
    await file.close()
  }
  if (batch.length > 0) yield batch
}

/** A reader that stands where the acknowledged offset says, in a file that is still the same. */
async function resumed(
  file: CaptureFile,
  head: string,
  { offsets }: SourceContext,
): Promise<{ reader: CaptureReader; position: number }> {
  const offset = await offsets.read(partitionOf(file.path))
  if (offset === null) return { reader: new CaptureReader(), position: 0 }
  const point = parseOffset(offset)
  if (point.head !== head) throw changedFile(file.path, 'its first 64 octets differ')
  return { reader: CaptureReader.resume(file.head, point), position: point.position }
}

function recordMaker(
  { config, key, shape, frame }: Reading,
  file: CaptureFile,
  reader: CaptureReader,
  offsets: OffsetMaker,
): () => SourceRecord {
  const { path, modifiedMs } = file
  const { packet } = reader
  const sourcePartition = partitionOf(path)
  const topic = topicFor(config.topic, path)
  return () => {
    decodeFrame(frame, packet, reader.octets)
    const timestamp = packet.hasTime ? timeMs(packet) : modifiedMs
    const keyValue = key.key(frame, path, packet.number)
    const record = {
      sourcePartition,
      sourceOffset: offsets.after(reader),
      topic,
      keySchema: key.schema,
      key: keyValue,
      valueSchema: shape.schema,
      value: shape.value(frame, timestamp),
      timestamp,
    }
    return packet.hasTime ? record : { ...record, headers: timeOfFile }
  }
}

/** No log takes a time before 1970, which only a broken clock offset makes. */
function timeMs({ seconds, nanoseconds }: Packet): number {
  return Math.max(0, seconds * 1000 + Math.floor(nanoseconds / 1e6))
}

/** False when the task was told to stop meanwhile. */
async function slept(ms: number, signal: AbortSignal): Promise<boolean> {
  const untilMs = performance.now() + ms
  for (let left = ms; left > 0 && !signal.aborted; left = untilMs - performance.now()) {
    // A timer of more than 2^31 ms goes off at once.
    await sleep(Math.min(left, DAY_MS), undefined, { signal }).catch(() => {})
  }
  return !signal.aborted
}

function warnSkipped(log: Logger, file: string, trouble: Error): void {
  log.warn({ file, err: trouble }, 'the rest of a damaged capture is skipped')
}

function warnOdd(log: Logger, file: string, { badFractions }: CaptureReader): void {
  if (badFractions > 0)
    log.warn(
      { file, packets: badFractions },
      'fractions of a second above a second were carried over',
    )
}
