import type { TaskCounts } from './task-counts.ts'

/** As long as Kafka's metrics look back: two samples of 30 s. */
const lengthMs = 60_000

interface Sample {
  readonly atMs: number
  readonly counts: TaskCounts
}

type Counter = {
  [N in keyof TaskCounts]: TaskCounts[N] extends number ? N : never
}[keyof TaskCounts]

/** The last minute of a task: rates, averages and maxima are of it; totals are of the whole run. */
export class Window {
  readonly #samples: Sample[] = []
  /** What stood when the window began. */
  #before: Sample
  readonly #nowMs: () => number

  constructor(zero: TaskCounts, nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
    this.#before = { atMs: nowMs(), counts: zero }
  }

  add(counts: TaskCounts): void {
    this.#expire()
    this.#samples.push({ atMs: this.#nowMs(), counts })
  }

  get latest(): TaskCounts {
    return (this.#samples.at(-1) ?? this.#before).counts
  }

  perSecond(counter: Counter): number {
    this.#expire()
    const seconds = (this.#nowMs() - this.#before.atMs) / 1000
    return seconds > 0 ? this.#grown(counter) / seconds : 0
  }

  /** The mean of a sum over a count; 0 when nothing was counted. */
  mean(sum: Counter, count: Counter): number {
    this.#expire()
    const counted = this.#grown(count)
    return counted > 0 ? this.#grown(sum) / counted : 0
  }

  /** The least that is not 0; 0 when there is none. */
  min(counter: Counter): number {
    this.#expire()
    const seen = this.#samples.map(({ counts }) => counts[counter]).filter((value) => value > 0)
    return seen.length === 0 ? 0 : Math.min(...seen)
  }

  /** The mean of what the samples show of a state. */
  average(counter: Counter): number {
    this.#expire()
    if (this.#samples.length === 0) return this.latest[counter]
    const sum = this.#samples.reduce((total, { counts }) => total + counts[counter], 0)
    return sum / this.#samples.length
  }

  max(counter: Counter): number {
    this.#expire()
    return this.#samples.reduce((most, { counts }) => Math.max(most, counts[counter]), 0)
  }

  #grown(counter: Counter): number {
    return this.latest[counter] - this.#before.counts[counter]
  }

  #expire(): void {
    const oldest = this.#nowMs() - lengthMs
    const kept = this.#samples.findIndex(({ atMs }) => atMs >= oldest)
    const gone = kept < 0 ? this.#samples.length : kept
    const last = this.#samples.splice(0, gone).at(-1)
    // Nothing moved after it until the window's begin: the same counts hold there.
    if (last) this.#before = { atMs: Math.max(last.atMs, oldest), counts: last.counts }
    else if (this.#before.atMs < oldest) this.#before = { ...this.#before, atMs: oldest }
  }
}
