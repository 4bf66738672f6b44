import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import {
  type ConfigOf,
  configDef,
  defineSink,
  type SinkRecord,
  type SinkTask,
  Struct,
} from '../../../../../../runtime/api/index.ts'

const config = configDef({
  expect: { type: 'long', importance: 'high', doc: 'How many records there are.' },
  field: {
    type: 'string',
    importance: 'high',
    doc: 'The field that is read; none: the size.',
    default: '',
  },
  report: { type: 'string', importance: 'high', doc: 'File that gets the figures.' },
})
type Config = ConfigOf<typeof config>

/** Does what `counting-sink.java.txt` does, statement by statement. */
class CountingSinkTask implements SinkTask {
  readonly #expect: number
  readonly #field: string
  readonly #report: string
  #records = 0
  #sum = 0
  #startedAt = 0
  #cpuTicks = 0

  constructor({ expect, field, report }: Config) {
    this.#expect = Number(expect)
    this.#field = field
    this.#report = report
  }

  async put(batch: readonly SinkRecord[]): Promise<void> {
    if (this.#records === 0) {
      this.#startedAt = performance.now()
      this.#cpuTicks = cpuTicks()
    }
    const field = this.#field
    let sum = 0
    for (const { value } of batch) {
      if (field === '') sum += (value as Uint8Array).length
      else if (value instanceof Struct) sum += Number(value.get(field))
      else sum += Number((value as Readonly<Record<string, unknown>>)[field])
    }
    this.#sum += sum
    const before = this.#records
    this.#records += batch.length
    if (before < this.#expect && this.#records >= this.#expect) this.#tell()
  }

  #tell(): void {
    const ms = performance.now() - this.#startedAt
    const cpuMs = (cpuTicks() - this.#cpuTicks) * 10
    const figures = { records: this.#records, sum: this.#sum, ms, cpuMs }
    writeFileSync(`${this.#report}.draft`, `${JSON.stringify(figures)}\n`)
    renameSync(`${this.#report}.draft`, this.#report)
  }
}

/** Of the whole process, all its threads; a tick is 10 ms. */
function cpuTicks(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1)?.split(' ') ?? []
  return Number(fields[11]) + Number(fields[12])
}

export default defineSink({
  name: 'CountingSink',
  class: 'tapline.peer.CountingSinkConnector',
  doc: 'Counts; adds up one field, or the sizes of bytes; tells time and CPU.',
  config,
  open: (config) => new CountingSinkTask(config),
})
