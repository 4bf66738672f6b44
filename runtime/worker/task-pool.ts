import type { FromTasks, ToTasks } from './messages.ts'
import type { Place, PlaceEvents } from './places.ts'
import type { PortableError } from './portable-error.ts'

/** A thread without tasks ends after this: its memory is the system's again. */
const idleMs = 20_000

interface Seat {
  readonly place: Place
  readonly runs: Set<number>
  idleTimer: NodeJS.Timeout | undefined
}

export interface TaskPoolEvents {
  onMessage(message: FromTasks, reply: (message: ToTasks) => void): void
  /** A thread is gone, with these runs. `suspect`: the one at work, 0 when that is not known, null when it was none of them. */
  onLost(runs: readonly number[], error: PortableError, suspect: number | null): void
}

/** Seats runs of tasks on threads: a new thread while there are fewer than allowed, then the least loaded one. */
export class TaskPool {
  readonly #most: number
  readonly #open: (events: PlaceEvents) => Place
  readonly #events: TaskPoolEvents
  readonly #seats = new Set<Seat>()
  readonly #byRun = new Map<number, Seat>()
  /** Where a task was last: it goes there again while that is no worse than elsewhere. */
  readonly #lastSeats = new Map<string, Seat>()

  constructor(most: number, open: (events: PlaceEvents) => Place, events: TaskPoolEvents) {
    this.#most = Math.max(1, most)
    this.#open = open
    this.#events = events
  }

  /** `task` names it over its runs. */
  seat(run: number, task: string): void {
    const seat = this.#choose(task)
    clearTimeout(seat.idleTimer)
    seat.runs.add(run)
    this.#byRun.set(run, seat)
    this.#lastSeats.set(task, seat)
  }

  post(run: number, message: ToTasks): void {
    this.#byRun.get(run)?.place.post(message)
  }

  /** The run is over. */
  leave(run: number): void {
    const seat = this.#byRun.get(run)
    if (seat === undefined) return
    this.#byRun.delete(run)
    seat.runs.delete(run)
    if (seat.runs.size > 0) return
    seat.idleTimer = setTimeout(() => void this.#end(seat), idleMs)
    seat.idleTimer.unref()
  }

  /** These runs do not react: their threads are ended. What else sat there is told lost. */
  async evict(runs: readonly number[], error: PortableError): Promise<void> {
    const seats = new Set(runs.flatMap((run) => this.#byRun.get(run) ?? []))
    for (const run of runs) {
      this.#byRun.get(run)?.runs.delete(run)
      this.#byRun.delete(run)
    }
    for (const seat of seats) {
      await this.#end(seat)
      this.#lose(seat, error, null)
    }
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#seats, (seat) => this.#end(seat)))
  }

  #choose(task: string): Seat {
    const loads = [...this.#seats].sort((a, b) => a.runs.size - b.runs.size)
    const [least] = loads
    if (least === undefined || (least.runs.size > 0 && loads.length < this.#most)) {
      return this.#openSeat()
    }
    const last = this.#lastSeats.get(task)
    return last && this.#seats.has(last) && last.runs.size <= least.runs.size ? last : least
  }

  #openSeat(): Seat {
    const seat: Seat = {
      runs: new Set(),
      idleTimer: undefined,
      place: this.#open({
        onMessage: (message) => this.#events.onMessage(message, (reply) => seat.place.post(reply)),
        onLost: (error, suspect) => this.#lose(seat, error, suspect),
      }),
    }
    this.#seats.add(seat)
    return seat
  }

  #lose(seat: Seat, error: PortableError, suspect: number | null): void {
    this.#forget(seat)
    const runs = [...seat.runs]
    seat.runs.clear()
    for (const run of runs) this.#byRun.delete(run)
    if (runs.length > 0) this.#events.onLost(runs, error, suspect)
  }

  async #end(seat: Seat): Promise<void> {
    this.#forget(seat)
    await seat.place.terminate()
  }

  #forget(seat: Seat): void {
    clearTimeout(seat.idleTimer)
    this.#seats.delete(seat)
    for (const [task, last] of this.#lastSeats) if (last === seat) this.#lastSeats.delete(task)
  }
}
