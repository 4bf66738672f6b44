import pcap from '../../../connectors/pcap/index.ts'
import {
  type OffsetMap,
  parseConfig,
  type RawConfig,
  type SourceContext,
  type SourceRecord,
} from '../../../runtime/api/index.ts'

export interface Opened {
  readonly records: SourceRecord[]
  readonly batches: number[]
  readonly warnings: object[]
  /** What ended the task, when it did not end by itself. */
  readonly trouble: (Error & { hint?: string }) | undefined
}

export interface Opening {
  readonly signal?: AbortSignal
  readonly offset?: (file: string) => OffsetMap | null
  readonly onBatch?: (batch: readonly SourceRecord[]) => void
}

/** Runs the source's task as a host does, until it ends or throws. */
export async function runSource(raw: RawConfig, opening: Opening = {}): Promise<Opened> {
  const warnings: object[] = []
  const context: SourceContext = {
    connector: 'captures',
    task: 0,
    signal: opening.signal ?? new AbortController().signal,
    log: { debug() {}, info() {}, warn: (fields) => warnings.push(fields), error() {} },
    offsets: { read: async (partition) => opening.offset?.(String(partition['file'])) ?? null },
  }
  const records: SourceRecord[] = []
  const batches: number[] = []
  try {
    const task = await pcap.open(parseConfig(pcap.config, { topic: 'packets', ...raw }), context)
    for await (const batch of task) {
      for (const record of batch) records.push(record)
      batches.push(batch.length)
      opening.onBatch?.(batch)
    }
  } catch (error) {
    return { records, batches, warnings, trouble: error as Error }
  }
  return { records, batches, warnings, trouble: undefined }
}

export interface Captured {
  readonly packets: readonly Record<string, unknown>[]
  readonly trouble: Error | undefined
}

/** All packets of a capture with every field. */
export async function readCapture(path: string): Promise<Captured> {
  const { records, trouble } = await runSource({ 'pcap.path': path, 'pcap.fields': 'all' })
  return { packets: records.map(({ value }) => value as Record<string, unknown>), trouble }
}
