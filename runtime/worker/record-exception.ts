import { DataException } from '../api/index.ts'
import { StageException } from './stage-exception.ts'

/** Connect's names of what a record goes through. */
export type Stage =
  | 'TRANSFORMATION'
  | 'KEY_CONVERTER'
  | 'VALUE_CONVERTER'
  | 'HEADER_CONVERTER'
  | 'KAFKA_CONSUME'
  | 'KAFKA_PRODUCE'
  | 'TASK_PUT'

/** Where a record was refused. */
export interface Refused {
  readonly stage: Stage
  /** Class of the plugin that refused it. */
  readonly class: string
  /** Where the record lies. */
  readonly place: string
}

/** A record that cannot be carried: where it lies, who refused it, and (`cause`) what was thrown. */
export class RecordException extends DataException {
  readonly stage: Stage
  readonly class: string
  readonly place: string

  constructor({ stage, class: className, place }: Refused, thrown: unknown) {
    const cause = thrown instanceof StageException ? thrown.cause : thrown
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    super(`Stage ${stage} refused the record at ${place}: ${reason}`, {
      cause,
      hint: hintOf(thrown),
    })
    this.stage = stage
    this.class = thrown instanceof StageException ? thrown.stage.class : className
    this.place = place
  }

  /** Whether `errors.tolerance` speaks of it: not of a record that the log itself cannot take, nor of a lack of memory (I2). */
  get isTolerable(): boolean {
    if (this.stage === 'KAFKA_CONSUME' || this.stage === 'KAFKA_PRODUCE') return false
    return !(this.cause instanceof RangeError && /allocation failed/i.test(this.cause.message))
  }
}

function hintOf(thrown: unknown): string | undefined {
  const hint = thrown instanceof Error ? (thrown as { hint?: unknown }).hint : undefined
  return typeof hint === 'string' ? hint : undefined
}
