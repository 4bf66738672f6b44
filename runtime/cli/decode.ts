import { Command } from 'commander'
import { parseConfig, type SourceDefinition, type SourceRecord } from '../api/index.ts'
import { PluginRegistry } from '../plugins/registry.ts'
import { inWords } from './in-words.ts'
import { Output } from './output.ts'

interface Options {
  readonly fields: string
  readonly shape: string
  readonly onCorrupt: string
}

/** `tapline decode FILE…`: what the pcap source would put into its topic, a line a packet. */
export function decodeCommand(): Command {
  return new Command('decode')
    .description('print the packets of capture files as JSON, one line each')
    .argument('<file...>', 'pcap or pcapng files, gzip too')
    .option('--fields <list>', 'fields or presets, separated by commas', 'all')
    .option(
      '--shape <shape>',
      'wireshark-ek (lists of text, as tshark -T ek) or typed',
      'wireshark-ek',
    )
    .option('--on-corrupt <policy>', 'stop, or skip-file to go on with the next one', 'stop')
    .action(inWords('decode', decode))
}

async function decode(files: readonly string[], options: Options): Promise<void> {
  const output = new Output()
  for await (const batch of await open(files, options, output.ended))
    if (!(await output.write(lines(batch)))) break
}

async function open(files: readonly string[], options: Options, signal: AbortSignal) {
  const registry = await PluginRegistry.scan()
  const { definition } = registry.connector('PcapSource') as { definition: SourceDefinition }
  const config = parseConfig(definition.config, {
    'pcap.path': files.join(','),
    topic: 'decode',
    'pcap.fields': options.fields,
    'pcap.shape': options.shape,
    'pcap.on.corrupt': options.onCorrupt,
  })
  return definition.open(config, {
    connector: 'decode',
    task: 0,
    signal,
    log: { debug() {}, info() {}, warn: report, error: report },
    offsets: { read: async () => null },
  })
}

function report(fields: object, message: string): void {
  process.stderr.write(`${message} ${JSON.stringify(fields)}\n`)
}

function lines(batch: readonly SourceRecord[]): string {
  return batch.map(({ value }) => `${JSON.stringify(plain(value))}\n`).join('')
}

/** A Struct as an object without its unset fields. */
function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('schema' in value)) return value
  const { schema, values } = value as { schema: { fields: { name: string }[] }; values: unknown[] }
  return Object.fromEntries(
    schema.fields.flatMap(({ name }, i) => {
      const item = values[i]
      return item === null ? [] : [[name, typeof item === 'bigint' ? Number(item) : item]]
    }),
  )
}
