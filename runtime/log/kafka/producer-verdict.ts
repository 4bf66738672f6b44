import { ConnectException } from '../../api/errors.ts'
import type { TopicPartition } from '../log.ts'
import { brokerError } from './protocol/errors.ts'

/**
 * What a partition's answer to Produce asks for: nothing more, the same again, the same under another identity, smaller pieces, or words to the
 * caller.
 */
export type Verdict = 'written' | 'again' | 'renew' | 'split' | 'refused'

const verdicts: Readonly<Record<string, Verdict>> = {
  DUPLICATE_SEQUENCE_NUMBER: 'written',
  OUT_OF_ORDER_SEQUENCE_NUMBER: 'renew',
  UNKNOWN_PRODUCER_ID: 'renew',
  INVALID_PRODUCER_EPOCH: 'renew',
  INVALID_PRODUCER_ID_MAPPING: 'renew',
  PRODUCER_FENCED: 'renew',
  MESSAGE_TOO_LARGE: 'split',
  RECORD_LIST_TOO_LARGE: 'split',
  // The bytes were right when they left: the way garbled them. But a broker also says so of a record that it never takes.
  CORRUPT_MESSAGE: 'again',
}

const doubtful: ReadonlySet<string> = new Set([
  'UNKNOWN_SERVER_ERROR',
  'REQUEST_TIMED_OUT',
  'NETWORK_EXCEPTION',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'KAFKA_STORAGE_ERROR',
])

export function verdictOn(errorCode: number): Verdict {
  const error = brokerError(errorCode)
  if (error === null) return 'written'
  return verdicts[error.name] ?? (error.isRetriable ? 'again' : 'refused')
}

/** A single record that a setting keeps out. */
export function tooLarge(
  { topic, partition }: TopicPartition,
  bytes: number,
  limit: { readonly bytes: number | undefined; readonly setting: string },
): ConnectException {
  const most = limit.bytes === undefined ? 'more' : `more than the ${limit.bytes} bytes`
  const raise =
    limit.setting === 'max.request.size'
      ? 'Raise max.request.size of the producer (producer.override.max.request.size in the connector)'
      : 'Raise max.message.bytes of the topic (or message.max.bytes of the brokers), and max.request.size of the producer with it'
  return new ConnectException(
    `Topic "${topic}", partition ${partition}: a record takes ${bytes} bytes as it is sent, ${most} that ${limit.setting} allows`,
    { hint: `${raise}, set compression.type, or let the connector write smaller records.` },
  )
}

/** Answers after which the batch may be in the log all the same. */
export function leavesDoubt(errorCode: number): boolean {
  return doubtful.has(brokerError(errorCode)?.name ?? '')
}
