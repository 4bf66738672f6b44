import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import t from 'tap'
import { assignRange } from '../../../../runtime/log/kafka/assignor.ts'
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from '../../../../runtime/log/kafka/assignor-wire.ts'

const { MemberMetadata, MemberAssignment } = createRequire(import.meta.url)(
  'kafkajs/src/consumer/assignerProtocol.js',
)

interface JavaMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly topics: readonly string[]
  readonly subscription: string
  readonly assigned: readonly string[]
  readonly assignment: string
}

/** Made by Java's own RangeAssignor and ConsumerProtocol, versions 0 to 3: see range.java.txt beside it. */
const groups: readonly {
  readonly partitions: Readonly<Record<string, number>>
  readonly members: readonly JavaMember[]
}[] = JSON.parse(
  readFileSync(new URL('../../../fixtures/kafka-groups/range.json', import.meta.url), 'utf8'),
)

const textsOf = (places: readonly { topic: string; partition: number }[]) =>
  places.map(({ topic, partition }) => `${topic}-${partition}`).sort()

t.test("partitions are shared as Java's RangeAssignor shares them", async (t) => {
  const shared = groups.map(({ partitions, members }) => {
    const got = assignRange(members, new Map(Object.entries(partitions)))
    return members.map(({ memberId }) => textsOf(got.get(memberId) ?? []))
  })
  t.same(
    shared,
    groups.map(({ members }) => members.map(({ assigned }) => assigned)),
  )
  t.ok(groups.length >= 50)
})

t.test('what Java members say of themselves is understood, in each version', async (t) => {
  const members = groups.flatMap((group) => group.members)
  t.same(
    members.map(({ subscription }) => decodeSubscription(Buffer.from(subscription, 'base64'))),
    members.map(({ topics }) => topics),
  )
  t.same(
    members.map(({ assignment }) => textsOf(decodeAssignment(Buffer.from(assignment, 'base64')))),
    members.map(({ assigned }) => assigned),
  )
})

t.test('what we say is understood by others', async (t) => {
  t.match(MemberMetadata.decode(encodeSubscription(['b', 'a'])), { version: 1, topics: ['a', 'b'] })
  const places = [
    { topic: 'a', partition: 0 },
    { topic: 'b', partition: 3 },
    { topic: 'a', partition: 2 },
  ]
  const bytes = encodeAssignment(places)
  t.match(MemberAssignment.decode(bytes), { version: 1, assignment: { a: [0, 2], b: [3] } })
  t.same(textsOf(decodeAssignment(bytes)), textsOf(places))
  t.same(decodeAssignment(Buffer.alloc(0)), [], 'no assignment at all')
})

t.test('what is cut is an error, not a guess', async (t) => {
  const bytes = encodeSubscription(['topic'])
  for (let size = 0; size < 10; size++)
    t.throws(() => decodeSubscription(bytes.subarray(0, size)), { code: 'CONNECT_RETRIABLE' })
})
