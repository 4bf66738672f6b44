import type { SinkRecord } from '../../runtime/api/index.ts'

/** Which records a failed statement was about. */
export class WriteFailure extends Error {
  override name = 'WriteFailure'
  /** Empty where it was none table in particular. */
  readonly table: string
  readonly records: readonly SinkRecord[]

  constructor(table: string, records: readonly SinkRecord[], cause: unknown) {
    super('write failed', { cause })
    this.table = table
    this.records = records
  }
}

/** A table could not be changed; the message begins what the user reads. */
export class AlterFailure extends Error {
  override name = 'AlterFailure'
}
