import t from 'tap'
import type { Place, PlaceEvents } from '../../../runtime/worker/places.ts'
import { TaskPool } from '../../../runtime/worker/task-pool.ts'

/** A place that notes what it is told. */
class FakePlace implements Place {
  readonly told: string[] = []
  readonly events: PlaceEvents
  isTerminated = false

  constructor(events: PlaceEvents) {
    this.events = events
  }

  post({ type, ...rest }: Parameters<Place['post']>[0]): void {
    this.told.push(`${type} ${(rest as { run: number }).run}`)
  }

  async terminate(): Promise<void> {
    this.isTerminated = true
  }
}

function pool(most: number) {
  const places: FakePlace[] = []
  const lost: (readonly [readonly number[], number | null])[] = []
  const open = (events: PlaceEvents) => {
    const place = new FakePlace(events)
    places.push(place)
    return place
  }
  const seats = new TaskPool(most, open, {
    onMessage() {},
    onLost: (runs, _, suspect) => lost.push([runs, suspect]),
  })
  return { seats, places, lost }
}

const error = { name: 'Error', message: 'gone' }

t.test('threads are started on demand up to the most, then the least loaded one is taken', (t) => {
  const { seats, places } = pool(2)
  for (const run of [1, 2, 3, 4]) {
    seats.seat(run, `task-${run}`)
    seats.post(run, { type: 'stop', run })
  }
  t.strictSame(
    places.map(({ told }) => told),
    [
      ['stop 1', 'stop 3'],
      ['stop 2', 'stop 4'],
    ],
  )
  t.end()
})

t.test('a task goes back to its thread while that is no worse', (t) => {
  const { seats, places } = pool(2)
  for (const run of [1, 2]) seats.seat(run, `task-${run}`)
  seats.leave(1)
  seats.leave(2)
  seats.seat(3, 'task-2')
  seats.post(3, { type: 'stop', run: 3 })
  t.strictSame(
    places.map(({ told }) => told),
    [[], ['stop 3']],
  )
  t.end()
})

t.test('a thread that dies is told with its runs, and gets no more', (t) => {
  const { seats, places, lost } = pool(1)
  seats.seat(1, 'a')
  seats.seat(2, 'b')
  places[0]?.events.onLost(error, 2)
  t.strictSame(lost, [[[1, 2], 2]])
  seats.seat(3, 'a')
  t.equal(places.length, 2)
  t.end()
})

t.test(
  'who does not react is evicted with its thread; the neighbours are nobody’s suspects',
  async (t) => {
    const { seats, places, lost } = pool(1)
    for (const run of [1, 2, 3]) seats.seat(run, `task-${run}`)
    await seats.evict([2], error)
    t.ok(places[0]?.isTerminated)
    t.strictSame(lost, [[[1, 3], null]])
  },
)

t.test('closing ends every thread', async (t) => {
  const { seats, places } = pool(3)
  for (const run of [1, 2, 3]) seats.seat(run, `task-${run}`)
  await seats.close()
  t.ok(places.every(({ isTerminated }) => isTerminated))
})
