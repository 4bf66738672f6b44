import { type Code, ConnectException, codes } from '../api/index.ts'

/** Where in a chain. */
export interface StageName {
  /** From 0. */
  readonly index: number
  readonly alias: string
  readonly class: string
}

/** What a stage threw (`cause`), with the stage's name. Its code, hint and waiting time stay: the host treats it as it would the cause. */
export class StageException extends ConnectException {
  override readonly code: Code
  readonly stage: StageName
  readonly afterMs: number | undefined
  readonly counted: boolean

  constructor(stage: StageName, cause: unknown) {
    const { message, code, hint, afterMs, counted } = membersOf(cause)
    super(`Transformation ${stage.alias} (${stage.class}): ${message}`, { cause, hint })
    this.stage = stage
    this.code = code
    this.afterMs = afterMs
    this.counted = counted
  }
}

function membersOf(cause: unknown) {
  const thrown = cause instanceof Error ? cause : new Error(String(cause))
  const { code, hint, afterMs, counted } = thrown as Partial<StageException>
  return {
    message: thrown.message,
    code: codes.find((known) => known === code) ?? 'CONNECT_ERROR',
    hint,
    afterMs,
    counted: counted ?? false,
  }
}
