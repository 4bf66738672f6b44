import { encodeAssignment } from '../../runtime/log/kafka/assignor-wire.ts'
import type { TopicPartition } from '../../runtime/log/log.ts'
import { FakeCluster } from './fake-cluster.ts'

/** FAKE: a group whose leader is somebody else, and that gives this member all it has. */
export class FakeGroup extends FakeCluster {
  generation = 0
  assigned: readonly TopicPartition[] = [{ topic: 't', partition: 0 }]
  /** Of partition 0; -1: none. */
  committed = 5
  /** The nodes that were asked to commit. */
  readonly commits: number[] = []
  readonly heartbeats: number[] = []
  onCommit: (node: number) => number = () => 0
  onHeartbeat: () => number = () => 0

  constructor() {
    super()
    const answers: Record<string, (node: number) => unknown> = {
      JoinGroup: () => ({
        errorCode: 0,
        generation: ++this.generation,
        protocol: 'range',
        leader: 'other',
        memberId: 'me',
        members: [],
      }),
      SyncGroup: () => ({ errorCode: 0, assignment: encodeAssignment(this.assigned) }),
      OffsetFetch: () => ({
        errorCode: 0,
        topics: [
          { topic: 't', partitions: [{ partition: 0, offset: this.committed, errorCode: 0 }] },
        ],
      }),
      OffsetCommit: (node) => {
        this.commits.push(node)
        return {
          topics: [{ topic: 't', partitions: [{ partition: 0, errorCode: this.onCommit(node) }] }],
        }
      },
      Heartbeat: () => {
        const errorCode = this.onHeartbeat()
        this.heartbeats.push(errorCode)
        return { errorCode }
      },
      LeaveGroup: () => ({ errorCode: 0, members: [] }),
    }
    for (const [name, answer] of Object.entries(answers)) this.others.set(name, answer)
  }
}
