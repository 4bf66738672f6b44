import {
  AlreadyExistsException,
  ConflictException,
  ConnectException,
  CorruptException,
  FencedException,
  isRetriable,
  NotFoundException,
  RetriableException,
} from '../../../api/errors.ts'
import { AnswerException, BrokerException } from './broker-error.ts'

export interface SeamOptions {
  readonly hint?: string | undefined
  /** What an unknown topic is: on its way and worth another try (the default), or simply not there. */
  readonly unknownTopic?: 'retriable' | 'not-found'
}

const classes: Readonly<Record<string, typeof ConnectException>> = {
  ILLEGAL_GENERATION: FencedException,
  UNKNOWN_MEMBER_ID: FencedException,
  FENCED_INSTANCE_ID: FencedException,
  FENCED_MEMBER_EPOCH: FencedException,
  STALE_MEMBER_EPOCH: FencedException,
  INVALID_PRODUCER_EPOCH: FencedException,
  PRODUCER_FENCED: FencedException,
  NON_EMPTY_GROUP: ConflictException,
  GROUP_SUBSCRIBED_TO_TOPIC: ConflictException,
  TOPIC_ALREADY_EXISTS: AlreadyExistsException,
  GROUP_ID_NOT_FOUND: NotFoundException,
  RESOURCE_NOT_FOUND: NotFoundException,
  TRANSACTIONAL_ID_NOT_FOUND: NotFoundException,
  CORRUPT_MESSAGE: CorruptException,
  // Not retriable for the one who speaks the protocol, as something has to happen first; for the caller it is.
  BROKER_NOT_AVAILABLE: RetriableException,
  STALE_CONTROLLER_EPOCH: RetriableException,
  REBALANCE_IN_PROGRESS: RetriableException,
  TRANSACTION_COORDINATOR_FENCED: RetriableException,
  REASSIGNMENT_IN_PROGRESS: RetriableException,
  STALE_BROKER_EPOCH: RetriableException,
  REBOOTSTRAP_REQUIRED: RetriableException,
}

const tooLarge =
  'Raise max.message.bytes of the topic (or message.max.bytes of the brokers), or let the connector write smaller records.'
const grant = (permission: string) =>
  `Grant it with kafka-acls.sh (${permission}), or use another user.`
const hints: Readonly<Record<string, string>> = {
  MESSAGE_TOO_LARGE: tooLarge,
  RECORD_LIST_TOO_LARGE: tooLarge,
  TOPIC_AUTHORIZATION_FAILED: grant('Read, Write, Describe or Create on the topic'),
  GROUP_AUTHORIZATION_FAILED: grant('Read on the group'),
  CLUSTER_AUTHORIZATION_FAILED: grant('Create or IdempotentWrite on the cluster'),
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: grant('Write and Describe on the transactional id'),
  SASL_AUTHENTICATION_FAILED: 'Correct sasl.jaas.config.',
  UNSUPPORTED_SASL_MECHANISM: 'Set sasl.mechanism to one that the broker offers.',
  INVALID_RECORD:
    'A compacted topic needs a key in every record; the log of the broker says which record it refused.',
  INVALID_TIMESTAMP:
    'See message.timestamp.before.max.ms and message.timestamp.after.max.ms of the topic.',
  INVALID_REPLICATION_FACTOR:
    'Ask for fewer replicas, or -1 for the default of the brokers, or start more brokers.',
  INVALID_SESSION_TIMEOUT:
    'Keep session.timeout.ms between group.min.session.timeout.ms and group.max.session.timeout.ms of the brokers.',
  INVALID_TRANSACTION_TIMEOUT:
    'Keep transaction.timeout.ms below transaction.max.timeout.ms of the brokers.',
  GROUP_MAX_SIZE_REACHED: 'Raise group.max.size of the brokers, or lower tasks.max.',
  INCONSISTENT_GROUP_PROTOCOL:
    'Another program uses this group in another way: stop it, or choose another group.',
  UNSUPPORTED_VERSION: 'Use brokers from Kafka 3.1 on.',
}

/**
 * Any error as those above the seam know errors. `what` was tried, in words that go before a colon; an error of the broker says so itself. What is an
 * error of the seam already stays as it is.
 */
export function atSeam(error: unknown, what: string, options: SeamOptions = {}): Error {
  if (error instanceof ConnectException) return error
  const { message } = error instanceof Error ? error : new Error(String(error))
  if (error instanceof BrokerException) {
    const hint = options.hint ?? hints[error.errorName]
    return new (classOf(error, options))(message, { hint, cause: error })
  }
  const type = isTransport(error) ? RetriableException : ConnectException
  return new type(`${what}: ${message}`, { hint: options.hint, cause: error })
}

/** Whether the same call may succeed a little later. */
export function mayPass(error: unknown): boolean {
  return error instanceof BrokerException ? error.isRetriable : isRetriable(error)
}

function classOf(error: BrokerException, options: SeamOptions): typeof ConnectException {
  const known = classes[error.errorName]
  if (known !== undefined) return known
  if (isUnknownTopic(error) && options.unknownTopic === 'not-found') return NotFoundException
  return error.isRetriable ? RetriableException : ConnectException
}

function isUnknownTopic({ errorName }: BrokerException): boolean {
  return errorName === 'UNKNOWN_TOPIC_OR_PARTITION' || errorName === 'UNKNOWN_TOPIC_ID'
}

/** The way to the broker failed (Node's system errors, kafkajs's retriable ones), or what came over it was garbled. */
function isTransport(error: unknown): boolean {
  if (error instanceof AnswerException) return true
  if (!(error instanceof Error)) return false
  return 'syscall' in error || (error as { retriable?: unknown }).retriable === true
}
