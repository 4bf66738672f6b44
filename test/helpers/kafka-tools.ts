import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Test } from 'tap'
import type { LogRecord, RawHeader, TopicPartition } from '../../runtime/log/log.ts'
import type { Service } from './services.ts'

const writerProgram = resolve(import.meta.dirname, '../fixtures/kafka-interop/writer.java.txt')

/** Runs a program to its end; what it wrote to stdout. */
export function output(
  command: string,
  args: readonly string[],
  input: string | Buffer = '',
): Promise<Buffer> {
  const { NODE_OPTIONS: _, ...env } = process.env
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] })
  const chunks: Buffer[] = []
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk
  })
  child.stdin.end(input)
  return new Promise((done, fail) => {
    child.once('error', fail)
    child.once('close', (code) => {
      if (code === 0) done(Buffer.concat(chunks))
      else fail(new Error(`${command} ended with ${code}: ${said}`))
    })
  })
}

/** One of Kafka's own console tools. */
export function javaTool(kafka: Service, name: string, args: readonly string[], input = '') {
  const { java = '', classPath = '' } = kafka.info
  const servers = ['--bootstrap-server', kafka.url!]
  return output(
    java,
    ['-cp', classPath, `org.apache.kafka.tools.${name}`, ...servers, ...args],
    input,
  )
}

/** What the console consumer shows of the records of a topic, in order of partition and offset. */
export async function consoleLines(
  kafka: Service,
  topic: string,
  { records, args = [] }: { records: number; args?: readonly string[] },
): Promise<string[]> {
  const shown = ['timestamp', 'partition', 'offset', 'headers', 'key'].flatMap((each) => [
    '--formatter-property',
    `print.${each}=true`,
  ])
  const limits = ['--max-messages', `${records}`, '--timeout-ms', '30000']
  const printed = await javaTool(kafka, 'consumer.ConsoleConsumer', [
    ...['--topic', topic, '--from-beginning'],
    ...[...shown, ...limits, ...args],
  ])
  return inOrder(printed.toString('utf8').split('\n').slice(0, -1))
}

export interface Placed extends LogRecord {
  readonly partition: number
}

/** As the console consumer shows it. */
export function consoleLine(record: Placed): string {
  const headers = record.headers.map(({ key, value }) => `${key}:${text(value)}`)
  return [
    `${record.timestampType}:${record.timestamp}`,
    `Partition:${record.partition}`,
    `Offset:${record.offset}`,
    headers.join(',') || 'NO_HEADERS',
    text(record.key),
    text(record.value),
  ].join('\t')
}

export function inOrder(lines: readonly string[]): string[] {
  const place = (line: string) =>
    line
      .match(/\tPartition:(\d+)\tOffset:(\d+)/)!
      .slice(1)
      .map(Number)
  return lines.toSorted((a, b) => {
    const [[p1, o1], [p2, o2]] = [place(a), place(b)]
    return p1! - p2! || o1! - o2!
  })
}

export interface JavaRecord extends TopicPartition {
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly RawHeader[]
}

/** Kafka's own producer, that does as it is told. */
export class JavaProducer {
  readonly #child: ReturnType<typeof spawn>
  readonly #lines: AsyncIterator<string>
  #said = ''

  static start(t: Test, kafka: Service, settings: readonly string[] = []): JavaProducer {
    const producer = new JavaProducer(kafka, settings)
    t.teardown(() => producer.#child.kill('SIGKILL'))
    return producer
  }

  private constructor(kafka: Service, settings: readonly string[]) {
    const { java = '', classPath = '' } = kafka.info
    const program = ['--source', '17', writerProgram]
    this.#child = spawn(java, ['-cp', classPath, ...program, kafka.url!, ...settings])
    this.#child.stderr!.on('data', (chunk) => {
      this.#said += chunk
    })
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]()
  }

  send(records: readonly JavaRecord[]): void {
    const base64 = (bytes: Buffer | null) => bytes?.toString('base64') ?? null
    for (const record of records) {
      const headers = record.headers.map(({ key, value }) => [key, base64(value)])
      const { key, value, ...rest } = record
      this.#order({ ...rest, do: 'send', key: base64(key), value: base64(value), headers })
    }
  }

  /** Resolves when it is done, with all that was sent before. */
  async order(what: 'begin' | 'commit' | 'abort' | 'flush'): Promise<void> {
    this.#order({ do: what })
    const { value } = await this.#lines.next()
    if (value !== 'done') throw new Error(`The Java producer ended: ${this.#said}`)
  }

  #order(order: object): void {
    this.#child.stdin!.write(`${JSON.stringify(order)}\n`)
  }
}

function text(bytes: Buffer | null): string {
  return bytes === null ? 'null' : bytes.toString('utf8')
}
