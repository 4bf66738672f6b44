import { DataException } from '../api/index.ts'

/** Connect's names of what a record goes through. */
export type Stage =
  | 'TRANSFORMATION'
  | 'KEY_CONVERTER'
  | 'VALUE_CONVERTER'
  | 'HEADER_CONVERTER'
  | 'TASK_PUT'

/** A record that cannot be carried, with the place where it lies and the stage that refused it. */
export function stageError(stage: Stage, place: string, cause: unknown): DataException {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new DataException(`Stage ${stage} refused the record at ${place}: ${reason}`, {
    cause,
    hint: hintOf(cause),
  })
}

function hintOf(cause: unknown): string | undefined {
  const hint = cause instanceof Error ? (cause as { hint?: unknown }).hint : undefined
  return typeof hint === 'string' ? hint : undefined
}
