import { ConnectException, TimeoutException } from '../api/index.ts'

interface Stage {
  readonly what: string
  readonly began: Date
  completed?: Date
}

/** The herder's work, one piece after the other in the order of arrival. A piece that takes long is named to those who wait for it. */
export class WorkQueue {
  #last: Promise<unknown> = Promise.resolve()
  #stage: Stage | undefined
  #isClosed = false
  readonly #requestTimeoutMs: number

  constructor(requestTimeoutMs = 90_000) {
    this.#requestTimeoutMs = requestTimeoutMs
  }

  /** `stage` says what is done, as in `removing the config for connector x`. */
  run<T>(stage: string, work: () => Promise<T> | T): Promise<T> {
    const result = this.#last.then(async () => {
      if (this.#isClosed) throw new ConnectException('Worker is shutting down')
      const current: Stage = { what: stage, began: new Date() }
      this.#stage = current
      try {
        return await work()
      } finally {
        current.completed = new Date()
      }
    })
    this.#last = result.catch(() => undefined)
    return result
  }

  /** As `run`, for somebody who waits only so long. Giving up does not undo the work. */
  request<T>(stage: string, work: () => Promise<T> | T): Promise<T> {
    return this.inTime(this.run(stage, work))
  }

  async inTime<T>(result: Promise<T>): Promise<T> {
    const answer = await within(this.#requestTimeoutMs, result)
    if (answer !== late) return answer
    throw new TimeoutException(`Request timed out${this.describe('. ')}`)
  }

  /** Whether everything that was handed over before is done within this time. */
  async isDoneWithin(timeoutMs: number): Promise<boolean> {
    return (await within(timeoutMs, this.#last)) !== late
  }

  /** What is done now or was done last, in a sentence after `lead`; nothing when nothing was done yet. */
  describe(lead: string): string {
    if (this.#stage === undefined) return ''
    const { what, began, completed } = this.#stage
    return completed === undefined
      ? `${lead}The worker is currently ${what}, which began at ${began.toISOString()}.`
      : `${lead}The last operation the worker completed was ${what}, which began at ${began.toISOString()} ` +
          `and completed at ${completed.toISOString()}.`
  }

  /** What waits is refused; resolves when what is under way is done. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#last
  }
}

const late = Symbol('late')

async function within<T>(timeoutMs: number, result: Promise<T>): Promise<T | typeof late> {
  const { promise, resolve } = Promise.withResolvers<typeof late>()
  const timer = setTimeout(() => resolve(late), timeoutMs)
  try {
    return await Promise.race([result, promise])
  } finally {
    clearTimeout(timer)
  }
}
