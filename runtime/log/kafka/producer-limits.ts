import type { Codec } from '../batch/compression.ts'

/** How a producer writes. */
export interface ProducerLimits {
  readonly acks: -1 | 0 | 1
  readonly codec: Codec
  /** `max.request.size`: no batch is larger. */
  readonly batchBytes: number
  /** Batches in one request, unless one by itself is larger. */
  readonly requestBytes: number
  /** Requests to one broker at a time. */
  readonly requests: number
  /** `buffer.memory`: what may be queued; further calls wait. */
  readonly bufferBytes: number
  readonly requestTimeoutMs: number
  /** How long one batch is tried before its caller gets it back. */
  readonly patienceMs: number
  readonly backoffMs: number
  readonly backoffMaxMs: number
}
