import type { SourceRecord } from '../api/index.ts'
import type { ErrorLog } from './error-log.ts'
import type { RecordException } from './record-exception.ts'
import type { RetryWithTolerance, Verdict } from './retry-with-tolerance.ts'

/** What becomes of the records that a source task cannot carry: they have no bytes to set aside. */
export class SourceErrors {
  readonly #tolerance: RetryWithTolerance
  readonly #log: ErrorLog

  constructor(tolerance: RetryWithTolerance, log: ErrorLog) {
    this.#tolerance = tolerance
    this.#log = log
  }

  judge(refused: RecordException, record: SourceRecord): Verdict {
    const verdict = this.#tolerance.judge(refused)
    if (verdict === 'skip' || verdict === 'fail') this.#log.ofSource(refused, record)
    return verdict
  }

  passed(): void {
    this.#tolerance.passed()
  }
}
