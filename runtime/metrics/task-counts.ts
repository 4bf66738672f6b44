/** What a task counts, as its thread posts it: totals since the task started, and the state of the moment. Plain numbers: cheap to add to. */
export interface TaskCounts {
  /** Source: records pulled. Sink: records read from the log. */
  recordsIn: number
  /** Source: records that the log holds. Sink: records that were put. */
  recordsOut: number
  /** Source: pulls. Sink: puts. */
  calls: number
  callMs: number
  /** The longest call since the last post. */
  callMaxMs: number
  /** Batches handed on, their records, and the largest since the last post. */
  batches: number
  batchRecords: number
  batchMax: number
  /** Records taken in but neither acknowledged nor committed. */
  active: number
  activeMax: number
  /** Source: transactions of the log, their records, the smallest and the largest since the last post. */
  transactions: number
  transactionRecords: number
  transactionMin: number
  transactionMax: number
  commits: number
  commitFailures: number
  commitSkips: number
  commitMs: number
  commitMaxMs: number
  /** Sink: the most that a partition is behind, in records. */
  lagMax: number
  partitions: number
  /** Tries to carry a record that failed; records that were not carried in the end; those that the task went on without. */
  recordFailures: number
  recordErrors: number
  recordsSkipped: number
  retries: number
  errorsLogged: number
  /** Records given to the dead letter queue, once a try; those that it did not take. */
  deadLetters: number
  deadLetterFailures: number
  /** When the last record was not carried, in ms since 1970; 0: never. */
  lastErrorMs: number
}

/** A task's counters. `take` says what changed since it was last asked, so that a task with nothing to do posts nothing. */
export class TaskMeter {
  readonly counts: TaskCounts = {
    recordsIn: 0,
    recordsOut: 0,
    calls: 0,
    callMs: 0,
    callMaxMs: 0,
    batches: 0,
    batchRecords: 0,
    batchMax: 0,
    active: 0,
    activeMax: 0,
    transactions: 0,
    transactionRecords: 0,
    transactionMin: 0,
    transactionMax: 0,
    commits: 0,
    commitFailures: 0,
    commitSkips: 0,
    commitMs: 0,
    commitMaxMs: 0,
    lagMax: 0,
    partitions: 0,
    recordFailures: 0,
    recordErrors: 0,
    recordsSkipped: 0,
    retries: 0,
    errorsLogged: 0,
    deadLetters: 0,
    deadLetterFailures: 0,
    lastErrorMs: 0,
  }
  readonly #topics = new Set<string>()
  #posted = ''
  readonly #onChange: () => void

  /** `onChange` is called with every batch and the like: cheap, please. */
  constructor(onChange: () => void = () => {}) {
    this.#onChange = onChange
  }

  /** Counts were changed from outside. */
  touch(): void {
    this.#onChange()
  }

  /** A pull or a put that took so long. */
  call(ms: number): void {
    const counts = this.counts
    this.#onChange()
    counts.calls++
    counts.callMs += ms
    if (ms > counts.callMaxMs) counts.callMaxMs = ms
  }

  batch(records: number): void {
    const counts = this.counts
    this.#onChange()
    counts.batches++
    counts.batchRecords += records
    if (records > counts.batchMax) counts.batchMax = records
  }

  commit(ms: number): void {
    const counts = this.counts
    this.#onChange()
    counts.commits++
    counts.commitMs += ms
    if (ms > counts.commitMaxMs) counts.commitMaxMs = ms
  }

  transaction(records: number): void {
    this.#onChange()
    const counts = this.counts
    counts.transactions++
    counts.transactionRecords += records
    if (records > counts.transactionMax) counts.transactionMax = records
    if (counts.transactionMin === 0 || records < counts.transactionMin) {
      counts.transactionMin = records
    }
  }

  active(records: number): void {
    this.#onChange()
    this.counts.active = records
    if (records > this.counts.activeMax) this.counts.activeMax = records
  }

  /** Records came from this topic, or the log took some for it. */
  used(topic: string): void {
    if (this.#topics.has(topic)) return
    this.#topics.add(topic)
    this.#onChange()
  }

  /** Those used since it was last asked. */
  takeTopics(): readonly string[] {
    const topics = [...this.#topics]
    this.#topics.clear()
    return topics
  }

  /** A copy, or undefined when nothing changed. Maxima begin anew. */
  take(): TaskCounts | undefined {
    const counts = this.counts
    const totals = JSON.stringify({
      ...counts,
      callMaxMs: 0,
      batchMax: 0,
      activeMax: 0,
      transactionMin: 0,
      transactionMax: 0,
      commitMaxMs: 0,
    })
    if (totals === this.#posted) return undefined
    this.#posted = totals
    const copy = { ...counts }
    counts.callMaxMs = 0
    counts.batchMax = 0
    counts.commitMaxMs = 0
    counts.transactionMin = 0
    counts.transactionMax = 0
    counts.activeMax = counts.active
    return copy
  }
}
