import { errorCodes } from './error-codes.ts'
import type { KafkaApi } from './request.ts'

export interface BrokerError {
  readonly code: number
  /** Kafka's own: `NOT_LEADER_OR_FOLLOWER` … */
  readonly name: string
  /** Whether the same request may succeed later, perhaps elsewhere. */
  readonly isRetriable: boolean
  /** In a half sentence, for people. */
  readonly message: string
}

const byCode: ReadonlyMap<number, BrokerError> = new Map(
  errorCodes.map(([code, name, isRetriable, message]) => [
    code,
    { code, name, isRetriable, message },
  ]),
)

/** What an `errorCode` of an answer means; null when it means that all is well. */
export function brokerError(code: number): BrokerError | null {
  if (code === 0) return null
  const message = 'the broker gave an error code that is newer than this worker'
  return byCode.get(code) ?? { code, name: `ERROR_${code}`, isRetriable: false, message }
}

/** The broker answered, and the answer is an error. */
export class BrokerException extends Error {
  readonly errorCode: number
  readonly errorName: string
  readonly isRetriable: boolean

  /** `what` was tried, in words that go before a colon: `Topic "a", partition 3: write`. */
  constructor(error: BrokerError, what: string, detail?: string | null) {
    super(`${what}: ${error.message} (${error.name})${detail ? `: ${detail}` : ''}`)
    this.name = 'BrokerException'
    this.errorCode = error.code
    this.errorName = error.name
    this.isRetriable = error.isRetriable
  }
}

/** Throws a BrokerException unless `code` is 0. `detail` is the broker's own message, where the answer has one. */
export function check(code: number, what: string, detail?: string | null): void {
  const error = brokerError(code)
  if (error !== null) throw new BrokerException(error, what, detail)
}

/** The broker's answer cannot be read: cut, garbled, or of another version than was asked for. */
export class AnswerException extends Error {
  constructor(request: KafkaApi, cause: Error) {
    const { apiName, apiVersion } = request
    super(`The answer to ${apiName} (version ${apiVersion}) cannot be read: ${cause.message}`, {
      cause,
    })
    this.name = 'AnswerException'
  }
}
