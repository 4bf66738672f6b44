import KafkaJsRequestQueue from 'kafkajs/src/network/requestQueue/index.js'

const MAX_REQUESTS = 10_000

/**
 * kafkajs's queue of the requests of one connection, with its weak places closed: an answer that nobody waits for means that the stream cannot
 * be trusted any more, not a line in the log; the timer for throttled requests runs only when some wait, and never with a negative time.
 */
export class RequestQueue extends KafkaJsRequestQueue {
  readonly #onStrayAnswer: (correlationId: number) => void

  constructor(
    options: ConstructorParameters<typeof KafkaJsRequestQueue>[0] & {
      readonly onStrayAnswer: (correlationId: number) => void
    },
  ) {
    super(options)
    this.#onStrayAnswer = options.onStrayAnswer
  }

  get isFull(): boolean {
    return this.inflight.size + this.pending.length >= MAX_REQUESTS
  }

  /** A broker answers the requests of a connection in their order. */
  override fulfillRequest(answer: Parameters<KafkaJsRequestQueue['fulfillRequest']>[0]): void {
    const [oldest] = this.inflight.keys()
    if (oldest === answer.correlationId) super.fulfillRequest(answer)
    else this.#onStrayAnswer(answer.correlationId)
  }

  override scheduleCheckPendingRequests(): void {
    if (this.pending.length === 0 || this.throttleCheckTimeoutId) return
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null
        this.checkPendingRequests()
      },
      Math.max(1, this.throttledUntil - Date.now()),
    )
  }
}
