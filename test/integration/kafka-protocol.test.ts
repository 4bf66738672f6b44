import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { copyFile, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import t from 'tap'
import { BatchBuilder } from '../../runtime/log/batch/batch-builder.ts'
import { encodeAssignment, encodeSubscription } from '../../runtime/log/kafka/assignor-wire.ts'
import { brokerError } from '../../runtime/log/kafka/protocol/errors.ts'
import type { KafkaRequest } from '../../runtime/log/kafka/protocol/request.ts'
import { addOffsetsToTxnRequest } from '../../runtime/log/kafka/protocol/requests/add-offsets-to-txn.ts'
import { addPartitionsToTxnRequest } from '../../runtime/log/kafka/protocol/requests/add-partitions-to-txn.ts'
import { apiVersionsRequest } from '../../runtime/log/kafka/protocol/requests/api-versions.ts'
import { createPartitionsRequest } from '../../runtime/log/kafka/protocol/requests/create-partitions.ts'
import { createTopicsRequest } from '../../runtime/log/kafka/protocol/requests/create-topics.ts'
import { deleteGroupsRequest } from '../../runtime/log/kafka/protocol/requests/delete-groups.ts'
import { deleteRecordsRequest } from '../../runtime/log/kafka/protocol/requests/delete-records.ts'
import { deleteTopicsRequest } from '../../runtime/log/kafka/protocol/requests/delete-topics.ts'
import { describeConfigsRequest } from '../../runtime/log/kafka/protocol/requests/describe-configs.ts'
import { describeGroupsRequest } from '../../runtime/log/kafka/protocol/requests/describe-groups.ts'
import { endTxnRequest } from '../../runtime/log/kafka/protocol/requests/end-txn.ts'
import {
  type FetchArguments,
  fetchRequest,
} from '../../runtime/log/kafka/protocol/requests/fetch.ts'
import { findCoordinatorRequest } from '../../runtime/log/kafka/protocol/requests/find-coordinator.ts'
import { heartbeatRequest } from '../../runtime/log/kafka/protocol/requests/heartbeat.ts'
import { initProducerIdRequest } from '../../runtime/log/kafka/protocol/requests/init-producer-id.ts'
import { joinGroupRequest } from '../../runtime/log/kafka/protocol/requests/join-group.ts'
import { leaveGroupRequest } from '../../runtime/log/kafka/protocol/requests/leave-group.ts'
import {
  EARLIEST,
  LATEST,
  listOffsetsRequest,
} from '../../runtime/log/kafka/protocol/requests/list-offsets.ts'
import { metadataRequest } from '../../runtime/log/kafka/protocol/requests/metadata.ts'
import { offsetCommitRequest } from '../../runtime/log/kafka/protocol/requests/offset-commit.ts'
import { offsetDeleteRequest } from '../../runtime/log/kafka/protocol/requests/offset-delete.ts'
import { offsetFetchRequest } from '../../runtime/log/kafka/protocol/requests/offset-fetch.ts'
import { offsetForLeaderEpochRequest } from '../../runtime/log/kafka/protocol/requests/offset-for-leader-epoch.ts'
import { produceRequest } from '../../runtime/log/kafka/protocol/requests/produce.ts'
import { syncGroupRequest } from '../../runtime/log/kafka/protocol/requests/sync-group.ts'
import { txnOffsetCommitRequest } from '../../runtime/log/kafka/protocol/requests/txn-offset-commit.ts'
import { decodeRecordSet } from '../../runtime/log/kafka/records/record-set.ts'
import { type ProducerStamp, stampBatch } from '../../runtime/log/kafka/records/stamp.ts'
import { compareVersions, spokenApis } from '../../runtime/log/kafka/versions.ts'
import { KafkaSocket } from '../helpers/kafka-socket.ts'
import { service } from '../helpers/services.ts'

const TIME_MS = 1_700_000_000_000
const timeoutMs = 30_000

t.test('a real broker takes every request and answers it', async (t) => {
  const kafka = await service(t, 'kafka')
  if (!kafka) return
  const socket = KafkaSocket.open(t, kafka)
  const sent = new Set<number>()
  const send = <T>(request: KafkaRequest<T>): Promise<T> => {
    sent.add(request.apiKey)
    return socket.send(request)
  }
  /** Again while the broker is not ready for it yet: a coordinator that loads, a leader that is being chosen, a transaction that ends. */
  const settled = async <T>(
    request: KafkaRequest<T>,
    codeOf: (answer: T) => number,
  ): Promise<T> => {
    for (const until = Date.now() + timeoutMs; ; await setTimeout(50)) {
      const answer = await send(request)
      if (!brokerError(codeOf(answer))?.isRetriable || Date.now() > until) return answer
    }
  }
  const topic = `protocol-${randomUUID()}`
  const group = `group-${randomUUID()}`

  await t.test('which versions it serves', async (t) => {
    const { errorCode, apis } = await send(apiVersionsRequest())
    t.equal(errorCode, 0)
    t.strictSame(compareVersions(`${kafka.host}:${kafka.port}`, apis), [])
  })

  await t.test('topics and their settings', async (t) => {
    const settings = { 'cleanup.policy': 'compact,delete', 'min.compaction.lag.ms': '123456' }
    const asked = { topics: [{ topic, partitions: 2, replicationFactor: -1, settings }], timeoutMs }
    const created = { throttleMs: 0, topics: [{ topic, errorCode: 0, errorMessage: null }] }
    t.strictSame(await send(createTopicsRequest({ ...asked, validateOnly: true })), created)
    t.strictSame(await send(createTopicsRequest(asked)), created)
    t.match((await send(createTopicsRequest(asked))).topics, [{ topic, errorCode: 36 }])
    const missing = `missing-${randomUUID()}`
    const metadata = await settled(
      metadataRequest({ topics: [topic, missing], allowAutoTopicCreation: false }),
      ({ topics }) => topics.find((each) => each.topic === topic)!.errorCode,
    )
    t.ok(metadata.clusterId)
    t.match(metadata.brokers, [{ nodeId: 1, host: kafka.host, port: kafka.port, rack: null }])
    const found = new Map(metadata.topics.map((each) => [each.topic, each]))
    t.match(found.get(missing), { errorCode: 3, partitions: [] })
    t.match(found.get(topic), { errorCode: 0, isInternal: false, topicId: /^[\w-]{22}$/ })
    t.not(found.get(topic)!.topicId, 'AAAAAAAAAAAAAAAAAAAAAA')
    t.match(
      found.get(topic)!.partitions.toSorted((a, b) => a.partition - b.partition),
      [0, 1].map((partition) => ({
        errorCode: 0,
        partition,
        leader: 1,
        replicas: [1],
        inSync: [1],
        offline: [],
      })),
    )
    const all = await send(metadataRequest({ topics: null, allowAutoTopicCreation: false }))
    t.ok(all.topics.some((each) => each.topic === topic))

    const grown = await send(
      createPartitionsRequest({ topics: [{ topic, partitions: 3 }], timeoutMs }),
    )
    t.strictSame(grown.topics, [{ topic, errorCode: 0, errorMessage: null }])
    const shrunk = await send(
      createPartitionsRequest({
        topics: [{ topic, partitions: 1 }],
        timeoutMs,
        validateOnly: true,
      }),
    )
    t.match(shrunk.topics, [{ topic, errorCode: 37, errorMessage: /3/ }])

    const { resources } = await send(
      describeConfigsRequest({
        resources: [
          { type: 'topic', name: topic },
          { type: 'broker', name: '1', keys: ['message.max.bytes'] },
        ],
      }),
    )
    const [ofTopic, ofBroker] = resources.toSorted((a, b) => b.type.localeCompare(a.type))
    t.match(ofTopic, { type: 'topic', name: topic, errorCode: 0 })
    const set = ofTopic!.configs.filter(({ source }) => source === 1)
    t.strictSame(Object.fromEntries(set.map(({ name, value }) => [name, value])), settings)
    t.match(ofBroker, {
      type: 'broker',
      name: '1',
      configs: [{ name: 'message.max.bytes', value: '1048588' }],
    })
  })

  const place = { topic, partition: 0 }
  const batch = (keys: readonly string[], stamp?: Partial<ProducerStamp>): Buffer => {
    const builder = new BatchBuilder(place)
    for (const [at, key] of keys.entries()) builder.append(key, `value of ${key}`, TIME_MS + at)
    const bytes = Buffer.from(builder.build().bytes)
    if (stamp)
      stampBatch(bytes, {
        producerId: -1n,
        producerEpoch: -1,
        baseSequence: -1,
        isTransactional: false,
        ...stamp,
      })
    return bytes
  }
  const produce = async (bytes: Buffer, transactionalId: string | null = null) => {
    const partitions = [{ partition: 0, batch: bytes }]
    const request = produceRequest({
      transactionalId,
      acks: -1,
      timeoutMs,
      topics: [{ topic, partitions }],
    })
    const answer = await settled(request, ({ topics }) => topics[0]!.partitions[0]!.errorCode)
    return answer.topics[0]!.partitions[0]!
  }
  const fetch = async (
    offset: number,
    isolation: FetchArguments['isolation'] = 'read_committed',
  ) => {
    const partitions = [{ partition: 0, offset, leaderEpoch: -1, maxBytes: 1 << 20 }]
    const limits = { maxWaitMs: 100, minBytes: 1, maxBytes: 1 << 20, rack: '' }
    const answer = await send(
      fetchRequest({ isolation, ...limits, topics: [{ topic, partitions }] }),
    )
    t.match(answer, { errorCode: 0, topics: [{ topic, partitions: [{ partition: 0 }] }] })
    const [found] = answer.topics[0]!.partitions
    const { abortedTransactions } = found!
    const set = decodeRecordSet(found!.recordSet, place, {
      from: offset,
      abortedTransactions,
      isolation,
    })
    return { ...found!, keys: set.records.map(({ key }) => String(key)), next: set.next }
  }
  const offsetAt = async (timestamp: number) => {
    const partitions = [{ partition: 0, timestamp }]
    const request = listOffsetsRequest({
      isolation: 'read_committed',
      topics: [{ topic, partitions }],
    })
    const answer = await settled(request, ({ topics }) => topics[0]!.partitions[0]!.errorCode)
    return answer.topics[0]!.partitions[0]!
  }

  /** The marker that ends a transaction comes a moment after the answer. */
  const endsAt = async (offset: number) => {
    const until = Date.now() + timeoutMs
    while ((await offsetAt(LATEST)).offset < offset && Date.now() < until) await setTimeout(20)
    return offsetAt(LATEST)
  }

  await t.test('records and their offsets', async (t) => {
    const { errorCode, producerId, producerEpoch } = await settled(
      initProducerIdRequest({ transactionalId: null, transactionTimeoutMs: 60_000 }),
      (answer) => answer.errorCode,
    )
    t.equal(errorCode, 0)
    t.ok(producerId >= 0n)
    t.equal(producerEpoch, 0)
    const identity = { producerId, producerEpoch }
    const first = batch(['a', 'b', 'c'], { ...identity, baseSequence: 0 })
    t.strictSame(await produce(first), {
      partition: 0,
      errorCode: 0,
      baseOffset: 0,
      logAppendTime: -1,
      logStart: 0,
    })
    t.match(
      await produce(first),
      { errorCode: 0, baseOffset: 0 },
      'the same batch again is recognised',
    )
    t.match(await produce(batch(['x'], { ...identity, baseSequence: 9 })), { errorCode: 45 })
    t.match(await produce(batch(['d'], { ...identity, baseSequence: 3 })), {
      errorCode: 0,
      baseOffset: 3,
    })
    const damaged = batch(['e'])
    damaged[damaged.length - 1]! ^= 1
    const refused = await send(
      produceRequest({
        transactionalId: null,
        acks: -1,
        timeoutMs,
        topics: [{ topic, partitions: [{ partition: 0, batch: damaged }] }],
      }),
    )
    t.match(refused.topics, [{ topic, partitions: [{ errorCode: 2 }] }], 'the CRC is looked at')

    t.match(await fetch(0), {
      errorCode: 0,
      highWatermark: 4,
      lastStableOffset: 4,
      logStart: 0,
      abortedTransactions: [],
      preferredReadReplica: -1,
      keys: ['a', 'b', 'c', 'd'],
      next: 4,
    })
    t.match(await fetch(2), { keys: ['c', 'd'] }, 'from within a batch')
    t.match(await fetch(5), { errorCode: 1, keys: [] })
    t.match(await offsetAt(EARLIEST), { errorCode: 0, offset: 0 })
    t.match(await offsetAt(LATEST), { errorCode: 0, offset: 4 })
    t.match(await offsetAt(TIME_MS + 1), { errorCode: 0, offset: 1, timestamp: TIME_MS + 1 })
    t.match(await offsetAt(TIME_MS + 1000), { errorCode: 0, offset: -1 })
    const { leaderEpoch } = await offsetAt(LATEST)
    const epochs = await send(
      offsetForLeaderEpochRequest({
        topics: [{ topic, partitions: [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch }] }],
      }),
    )
    t.match(epochs.topics, [
      { topic, partitions: [{ errorCode: 0, partition: 0, leaderEpoch, endOffset: 4 }] },
    ])
    const wrongEpoch = [
      { partition: 0, offset: 0, leaderEpoch: leaderEpoch + 7, maxBytes: 1 << 20 },
    ]
    const unknown = await send(
      fetchRequest({
        isolation: 'read_committed',
        maxWaitMs: 100,
        minBytes: 1,
        maxBytes: 1,
        rack: 'r',
        topics: [{ topic, partitions: wrongEpoch }],
      }),
    )
    t.match(unknown.topics, [{ partitions: [{ errorCode: 75 }] }], 'the epoch is looked at')
  })

  await t.test('a group and its offsets', async (t) => {
    const found = await settled(
      findCoordinatorRequest({ key: group, type: 'group' }),
      ({ errorCode }) => errorCode,
    )
    t.match(found, { errorCode: 0, nodeId: 1, host: kafka.host, port: kafka.port })
    const asked = {
      group,
      sessionTimeoutMs: 45_000,
      rebalanceTimeoutMs: 60_000,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: encodeSubscription([topic]) }],
    }
    const stranger = await settled(
      joinGroupRequest({ ...asked, memberId: '' }),
      ({ errorCode }) => errorCode,
    )
    t.match(stranger, { errorCode: 79, memberId: /./, members: [] })
    const { memberId } = stranger
    const joined = await send(joinGroupRequest({ ...asked, memberId }))
    t.match(joined, { errorCode: 0, protocol: 'range', leader: memberId, memberId })
    t.strictSame(joined.members, [
      { memberId, instanceId: null, metadata: encodeSubscription([topic]) },
    ])
    const member = { group, generation: joined.generation, memberId }
    const assignment = encodeAssignment([place])
    const synced = await send(
      syncGroupRequest({ ...member, assignments: [{ memberId, assignment }] }),
    )
    t.strictSame(synced, { throttleMs: 0, errorCode: 0, assignment })
    t.match(await send(heartbeatRequest(member)), { errorCode: 0 })
    t.match(await send(heartbeatRequest({ ...member, generation: 99 })), { errorCode: 22 })
    t.match(await send(heartbeatRequest({ ...member, memberId: 'nobody' })), { errorCode: 25 })

    const offsets = [
      { partition: 0, offset: 3, leaderEpoch: 0, metadata: 'nöte' },
      { partition: 1, offset: 0 },
    ]
    const committed = await send(
      offsetCommitRequest({ ...member, topics: [{ topic, partitions: offsets }] }),
    )
    t.strictSame(committed.topics, [
      {
        topic,
        partitions: [
          { partition: 0, errorCode: 0 },
          { partition: 1, errorCode: 0 },
        ],
      },
    ])
    const late = await send(
      offsetCommitRequest({ ...member, generation: 99, topics: [{ topic, partitions: offsets }] }),
    )
    t.match(late.topics, [{ partitions: [{ errorCode: 22 }, { errorCode: 22 }] }])
    const fetched = await send(
      offsetFetchRequest({ group, topics: [{ topic, partitions: [0, 1, 2] }] }),
    )
    t.strictSame(fetched, {
      throttleMs: 0,
      topics: [
        {
          topic,
          partitions: [
            { partition: 0, offset: 3, leaderEpoch: 0, metadata: 'nöte', errorCode: 0 },
            { partition: 1, offset: 0, leaderEpoch: -1, metadata: '', errorCode: 0 },
            { partition: 2, offset: -1, leaderEpoch: -1, metadata: '', errorCode: 0 },
          ],
        },
      ],
      errorCode: 0,
    })
    const { topics } = await send(offsetFetchRequest({ group, topics: null }))
    t.equal(topics[0]?.partitions.length, 2, 'all that is committed')

    const described = await send(describeGroupsRequest({ groups: [group, `none-${group}`] }))
    const groups = described.groups.toSorted((a, b) => a.group.length - b.group.length)
    t.match(groups[0], {
      errorCode: 0,
      group,
      state: 'Stable',
      protocolType: 'consumer',
      protocol: 'range',
    })
    t.match(groups[0]!.members, [
      {
        memberId,
        instanceId: null,
        clientId: 'kafka-socket',
        metadata: encodeSubscription([topic]),
        assignment,
      },
    ])
    t.match(groups[1], { state: 'Dead', members: [] })
    t.match(await send(deleteGroupsRequest({ groups: [group] })), {
      groups: [{ group, errorCode: 68 }],
    })
    const topicOffsets = { group, topics: [{ topic, partitions: [1] }] }
    t.match(await send(offsetDeleteRequest(topicOffsets)), {
      errorCode: 0,
      topics: [{ partitions: [{ errorCode: 86 }] }],
    })

    t.strictSame(await send(leaveGroupRequest({ group, members: [{ memberId }] })), {
      throttleMs: 0,
      errorCode: 0,
      members: [{ memberId, instanceId: null, errorCode: 0 }],
    })
    t.match(await send(offsetDeleteRequest(topicOffsets)), {
      errorCode: 0,
      topics: [{ topic, partitions: [{ partition: 1, errorCode: 0 }] }],
    })
    const left = await send(offsetFetchRequest({ group, topics: null }))
    t.match(left.topics, [{ partitions: [{ partition: 0, offset: 3 }] }])
    const alone = { group, generation: -1, memberId: '' }
    const without = await send(
      offsetCommitRequest({
        ...alone,
        topics: [{ topic, partitions: [{ partition: 2, offset: 7 }] }],
      }),
    )
    t.match(
      without.topics,
      [{ partitions: [{ errorCode: 0 }] }],
      'without members, anybody may commit',
    )
  })

  await t.test('transactions', async (t) => {
    const transactionalId = `tx-${randomUUID()}`
    const found = await settled(
      findCoordinatorRequest({ key: transactionalId, type: 'transaction' }),
      ({ errorCode }) => errorCode,
    )
    t.match(found, { errorCode: 0, nodeId: 1 })
    const init = initProducerIdRequest({ transactionalId, transactionTimeoutMs: 60_000 })
    const begun = await settled(init, ({ errorCode }) => errorCode)
    t.equal(begun.errorCode, 0)
    const { producerId, producerEpoch } = begun
    const producer = { transactionalId, producerId, producerEpoch }
    const place0 = [{ topic, partitions: [0] }]
    const add = async () => {
      const added = await settled(
        addPartitionsToTxnRequest({ ...producer, topics: place0 }),
        ({ topics }) => topics[0]!.partitions[0]!.errorCode,
      )
      t.strictSame(added.topics, [{ topic, partitions: [{ partition: 0, errorCode: 0 }] }])
    }
    const end = (committed: boolean) =>
      settled(endTxnRequest({ ...producer, committed }), ({ errorCode }) => errorCode)

    await add()
    const stamp = { producerId, producerEpoch, isTransactional: true }
    t.match(await produce(batch(['tx-a'], { ...stamp, baseSequence: 0 }), transactionalId), {
      errorCode: 0,
      baseOffset: 4,
    })
    t.match(
      await fetch(4),
      { keys: [], highWatermark: 5, lastStableOffset: 4 },
      'not yet to be seen',
    )
    t.match(await fetch(4, 'read_uncommitted'), { keys: ['tx-a'] })
    t.match(
      await settled(addOffsetsToTxnRequest({ ...producer, group }), ({ errorCode }) => errorCode),
      { errorCode: 0 },
    )
    const topics = [{ topic, partitions: [{ partition: 0, offset: 5, metadata: null }] }]
    const alone = { group, generation: -1, memberId: '' }
    const noted = await settled(
      txnOffsetCommitRequest({ ...producer, ...alone, topics }),
      (answer) => answer.topics[0]!.partitions[0]!.errorCode,
    )
    t.strictSame(noted.topics, [{ topic, partitions: [{ partition: 0, errorCode: 0 }] }])
    const stale = await send(
      txnOffsetCommitRequest({ ...producer, group, generation: 3, memberId: 'gone', topics }),
    )
    t.match(
      stale.topics,
      [{ partitions: [{ errorCode: 25 }] }],
      'a member that is gone commits nothing',
    )
    const asked = { group, topics: place0 }
    t.match(await send(offsetFetchRequest(asked)), {
      topics: [{ partitions: [{ errorCode: 88 }] }],
    })
    t.match(await send(offsetFetchRequest({ ...asked, requireStable: false })), {
      topics: [{ partitions: [{ errorCode: 0, offset: 3 }] }],
    })
    t.match(await end(true), { errorCode: 0 })
    const committed = await settled(
      offsetFetchRequest(asked),
      (answer) => answer.topics[0]!.partitions[0]!.errorCode,
    )
    t.match(committed, { topics: [{ partitions: [{ errorCode: 0, offset: 5 }] }] })
    t.match(await endsAt(6), { offset: 6 })
    t.match(await fetch(4), { keys: ['tx-a'], abortedTransactions: [] })
    t.match(await fetch(5), { keys: [], next: 6 }, 'the marker is no record, and is passed')

    await add()
    t.match(await produce(batch(['tx-b'], { ...stamp, baseSequence: 1 }), transactionalId), {
      errorCode: 0,
      baseOffset: 6,
    })
    t.match(await end(false), { errorCode: 0 })
    t.match(await endsAt(8), { offset: 8 })
    t.match(await fetch(6), {
      keys: [],
      next: 8,
      abortedTransactions: [{ producerId, firstOffset: 6 }],
    })

    const again = await settled(
      initProducerIdRequest({ ...producer, transactionTimeoutMs: 60_000 }),
      ({ errorCode }) => errorCode,
    )
    t.match(
      again,
      { errorCode: 0, producerId, producerEpoch: producerEpoch + 1 },
      'its own next epoch',
    )
    const other = await settled(init, ({ errorCode }) => errorCode)
    t.match(
      other,
      { errorCode: 0, producerId, producerEpoch: producerEpoch + 2 },
      'somebody else takes the id',
    )
    t.match(await end(true), { errorCode: 90 }, 'who had it before is fenced off')
    t.match(await send(addOffsetsToTxnRequest({ ...producer, group })), { errorCode: 90 })
  })

  await t.test('what is there no more', async (t) => {
    const trimmed = await send(
      deleteRecordsRequest({
        topics: [{ topic, partitions: [{ partition: 0, offset: 2 }] }],
        timeoutMs,
      }),
    )
    t.strictSame(trimmed.topics, [
      { topic, partitions: [{ partition: 0, lowWatermark: 2, errorCode: 0 }] },
    ])
    t.match(await offsetAt(EARLIEST), { errorCode: 0, offset: 2 })
    t.match(await fetch(2), { logStart: 2, keys: ['c', 'd', 'tx-a'] })
    t.match(await fetch(1), { errorCode: 1, keys: [] })
    t.match(await send(deleteGroupsRequest({ groups: [group] })), {
      groups: [{ group, errorCode: 0 }],
    })
    const missing = `missing-${randomUUID()}`
    const { topics } = await send(deleteTopicsRequest({ topics: [topic, missing], timeoutMs }))
    t.strictSame(
      new Map(topics.map((each) => [each.topic, each.errorCode])),
      new Map([
        [topic, 0],
        [missing, 3],
      ]),
    )
  })

  const unsent = spokenApis.filter(({ apiKey }) => !sent.has(apiKey))
  t.strictSame(unsent, [], 'all were sent')
})

t.test('the vectors of the unit tests are what the classes of this Kafka write', async (t) => {
  const kafka = await service(t, 'kafka')
  if (!kafka) return
  const fixtures = resolve(import.meta.dirname, '../fixtures/kafka-protocol')
  const written = join(t.testdir(), 'vectors.json')
  await copyFile(join(fixtures, 'vectors.json'), written)
  const { java = '', classPath = '' } = kafka.info
  const program = join(fixtures, 'vectors.java.txt')
  await promisify(execFile)(java, ['-cp', classPath, '--source', '17', program, written])
  t.equal(await readFile(written, 'utf8'), await readFile(join(fixtures, 'vectors.json'), 'utf8'))
})
