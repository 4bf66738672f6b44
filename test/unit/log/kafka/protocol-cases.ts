import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { KafkaRequest } from '../../../../runtime/log/kafka/protocol/request.ts'
import { addOffsetsToTxnRequest } from '../../../../runtime/log/kafka/protocol/requests/add-offsets-to-txn.ts'
import { addPartitionsToTxnRequest } from '../../../../runtime/log/kafka/protocol/requests/add-partitions-to-txn.ts'
import { apiVersionsRequest } from '../../../../runtime/log/kafka/protocol/requests/api-versions.ts'
import { createPartitionsRequest } from '../../../../runtime/log/kafka/protocol/requests/create-partitions.ts'
import { createTopicsRequest } from '../../../../runtime/log/kafka/protocol/requests/create-topics.ts'
import { deleteGroupsRequest } from '../../../../runtime/log/kafka/protocol/requests/delete-groups.ts'
import { deleteRecordsRequest } from '../../../../runtime/log/kafka/protocol/requests/delete-records.ts'
import { deleteTopicsRequest } from '../../../../runtime/log/kafka/protocol/requests/delete-topics.ts'
import { describeConfigsRequest } from '../../../../runtime/log/kafka/protocol/requests/describe-configs.ts'
import { describeGroupsRequest } from '../../../../runtime/log/kafka/protocol/requests/describe-groups.ts'
import { endTxnRequest } from '../../../../runtime/log/kafka/protocol/requests/end-txn.ts'
import { fetchRequest } from '../../../../runtime/log/kafka/protocol/requests/fetch.ts'
import { findCoordinatorRequest } from '../../../../runtime/log/kafka/protocol/requests/find-coordinator.ts'
import { heartbeatRequest } from '../../../../runtime/log/kafka/protocol/requests/heartbeat.ts'
import { initProducerIdRequest } from '../../../../runtime/log/kafka/protocol/requests/init-producer-id.ts'
import { joinGroupRequest } from '../../../../runtime/log/kafka/protocol/requests/join-group.ts'
import { leaveGroupRequest } from '../../../../runtime/log/kafka/protocol/requests/leave-group.ts'
import {
  EARLIEST,
  listOffsetsRequest,
} from '../../../../runtime/log/kafka/protocol/requests/list-offsets.ts'
import { metadataRequest } from '../../../../runtime/log/kafka/protocol/requests/metadata.ts'
import { offsetCommitRequest } from '../../../../runtime/log/kafka/protocol/requests/offset-commit.ts'
import { offsetDeleteRequest } from '../../../../runtime/log/kafka/protocol/requests/offset-delete.ts'
import { offsetFetchRequest } from '../../../../runtime/log/kafka/protocol/requests/offset-fetch.ts'
import { offsetForLeaderEpochRequest } from '../../../../runtime/log/kafka/protocol/requests/offset-for-leader-epoch.ts'
import { produceRequest } from '../../../../runtime/log/kafka/protocol/requests/produce.ts'
import { syncGroupRequest } from '../../../../runtime/log/kafka/protocol/requests/sync-group.ts'
import { txnOffsetCommitRequest } from '../../../../runtime/log/kafka/protocol/requests/txn-offset-commit.ts'

export interface Vector {
  readonly api: string
  readonly version: number
  readonly requestHex: string
  readonly responseHex: string
}

/** What Kafka's own Java classes wrote (`vectors.java.txt` beside it made the hex). */
export const vectors: readonly Vector[] = JSON.parse(
  readFileSync(
    resolve(import.meta.dirname, '../../../fixtures/kafka-protocol/vectors.json'),
    'utf8',
  ),
)

const batch = Buffer.from('0000000000000000cafe', 'hex')
const records = Buffer.from('0102030405', 'hex')
const none = Buffer.alloc(0)
const text = (value: string) => Buffer.from(value)
const member = { group: 'connect-a', generation: 5, memberId: 'm-1' }
const producer = { transactionalId: 'tx', producerId: 2n ** 62n, producerEpoch: 3 }

/** The same messages as the vectors, in their order: how ours are asked for, and how the answers read. */
export const cases: readonly (readonly [request: KafkaRequest<unknown>, answer: unknown])[] = [
  [
    produceRequest({
      transactionalId: 'tx-ü',
      acks: -1,
      timeoutMs: 30_000,
      topics: [
        {
          topic: 'orders',
          partitions: [
            { partition: 0, batch },
            { partition: 7, batch },
          ],
        },
      ],
    }),
    {
      topics: [
        {
          topic: 'orders',
          partitions: [
            {
              partition: 0,
              errorCode: 0,
              baseOffset: Number.MAX_SAFE_INTEGER,
              logAppendTime: -1,
              logStart: 5,
            },
            {
              partition: 7,
              errorCode: -1,
              baseOffset: -1,
              logAppendTime: 1_700_000_000_123,
              logStart: -1,
            },
          ],
        },
      ],
      throttleMs: 17,
    },
  ],
  [
    fetchRequest({
      isolation: 'read_committed',
      maxWaitMs: 500,
      minBytes: 1,
      maxBytes: 52_428_800,
      rack: 'rack-a',
      topics: [
        {
          topic: 'orders',
          partitions: [{ partition: 3, offset: 2 ** 32 + 1, leaderEpoch: 9, maxBytes: 1_048_576 }],
        },
      ],
    }),
    {
      throttleMs: 1,
      errorCode: 0,
      topics: [
        {
          topic: 'orders',
          partitions: [
            {
              partition: 3,
              errorCode: 0,
              highWatermark: 10,
              lastStableOffset: 8,
              logStart: 2,
              abortedTransactions: [{ producerId: 2n ** 62n, firstOffset: 4 }],
              preferredReadReplica: -1,
              recordSet: records,
            },
            {
              partition: 4,
              errorCode: 1,
              highWatermark: -1,
              lastStableOffset: -1,
              logStart: -1,
              abortedTransactions: [],
              preferredReadReplica: 2,
              recordSet: none,
            },
          ],
        },
      ],
    },
  ],
  [
    listOffsetsRequest({
      isolation: 'read_uncommitted',
      topics: [
        {
          topic: 'orders',
          partitions: [
            { partition: 0, timestamp: EARLIEST },
            { partition: 1, timestamp: 1_700_000_000_123, leaderEpoch: 4 },
          ],
        },
      ],
    }),
    {
      throttleMs: 0,
      topics: [
        {
          topic: 'orders',
          partitions: [
            { partition: 0, errorCode: 0, timestamp: -1, offset: 12, leaderEpoch: 3 },
            { partition: 1, errorCode: 6, timestamp: -1, offset: -1, leaderEpoch: -1 },
          ],
        },
      ],
    },
  ],
  [
    metadataRequest({ topics: ['orders'], allowAutoTopicCreation: true }),
    {
      throttleMs: 2,
      brokers: [
        { nodeId: 1, host: 'kafka-1.example', port: 9092, rack: 'a' },
        { nodeId: 2, host: '::1', port: 9093, rack: null },
      ],
      clusterId: 'abc',
      controllerId: 2,
      topics: [
        {
          errorCode: 0,
          topic: 'orders',
          topicId: 'cJqYLfvzR4yXRt6cY6VXmg',
          isInternal: false,
          partitions: [
            {
              errorCode: 5,
              partition: 0,
              leader: -1,
              leaderEpoch: 8,
              replicas: [1, 2],
              inSync: [2],
              offline: [1],
            },
          ],
        },
        {
          errorCode: 3,
          topic: 'missing',
          topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
          isInternal: false,
          partitions: [],
        },
      ],
    },
  ],
  [
    metadataRequest({ topics: null, allowAutoTopicCreation: false }),
    { throttleMs: 0, brokers: [], clusterId: null, controllerId: -1, topics: [] },
  ],
  [
    offsetCommitRequest({
      ...member,
      topics: [
        {
          topic: 'orders',
          partitions: [
            { partition: 0, offset: 42 },
            { partition: 1, offset: 43, leaderEpoch: 6, metadata: 'note' },
          ],
        },
      ],
    }),
    {
      throttleMs: 0,
      topics: [
        {
          topic: 'orders',
          partitions: [
            { partition: 0, errorCode: 0 },
            { partition: 1, errorCode: 22 },
          ],
        },
      ],
    },
  ],
  [
    offsetFetchRequest({ group: 'connect-a', topics: [{ topic: 'orders', partitions: [0, 1] }] }),
    {
      throttleMs: 0,
      topics: [
        {
          topic: 'orders',
          partitions: [
            { partition: 0, offset: 42, leaderEpoch: -1, metadata: null, errorCode: 0 },
            { partition: 1, offset: -1, leaderEpoch: 3, metadata: 'note', errorCode: 88 },
          ],
        },
      ],
      errorCode: 0,
    },
  ],
  [
    offsetFetchRequest({ group: 'connect-a', topics: null, requireStable: false }),
    { throttleMs: 3, topics: [], errorCode: 16 },
  ],
  [
    findCoordinatorRequest({ key: 'tx', type: 'transaction' }),
    { throttleMs: 0, errorCode: 15, errorMessage: 'not yet', nodeId: -1, host: '', port: -1 },
  ],
  [
    joinGroupRequest({
      group: 'connect-a',
      sessionTimeoutMs: 45_000,
      rebalanceTimeoutMs: 60_000,
      memberId: '',
      instanceId: 'static-1',
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: text('meta') }],
    }),
    {
      throttleMs: 0,
      errorCode: 0,
      generation: 6,
      protocol: 'range',
      leader: 'm-1',
      memberId: 'm-1',
      members: [
        { memberId: 'm-1', instanceId: null, metadata: text('one') },
        { memberId: 'm-2', instanceId: 'static-2', metadata: none },
      ],
    },
  ],
  [heartbeatRequest(member), { throttleMs: 0, errorCode: 27 }],
  [
    leaveGroupRequest({ group: 'connect-a', members: [{ memberId: 'm-1' }] }),
    {
      throttleMs: 0,
      errorCode: 0,
      members: [{ memberId: 'm-1', instanceId: null, errorCode: 25 }],
    },
  ],
  [
    syncGroupRequest({ ...member, assignments: [{ memberId: 'm-1', assignment: text('parts') }] }),
    { throttleMs: 0, errorCode: 0, assignment: text('mine') },
  ],
  [
    describeGroupsRequest({ groups: ['connect-a', 'b'] }),
    {
      throttleMs: 0,
      groups: [
        {
          errorCode: 0,
          group: 'connect-a',
          state: 'Stable',
          protocolType: 'consumer',
          protocol: 'range',
          members: [
            {
              memberId: 'm-1',
              instanceId: null,
              clientId: 'c',
              clientHost: '/127.0.0.1',
              metadata: text('x'),
              assignment: text('y'),
            },
          ],
        },
        { errorCode: 0, group: 'b', state: 'Dead', protocolType: '', protocol: '', members: [] },
      ],
    },
  ],
  [
    apiVersionsRequest(),
    {
      errorCode: 0,
      apis: [
        { apiKey: 0, min: 3, max: 13 },
        { apiKey: 1, min: 4, max: 18 },
      ],
      throttleMs: 0,
    },
  ],
  [
    createTopicsRequest({
      topics: [
        {
          topic: 'orders',
          partitions: -1,
          replicationFactor: -1,
          settings: { 'cleanup.policy': 'compact', 'retention.ms': '-1' },
        },
      ],
      timeoutMs: 30_000,
      validateOnly: true,
    }),
    {
      throttleMs: 0,
      topics: [
        { topic: 'orders', errorCode: 36, errorMessage: "Topic 'orders' already exists." },
        { topic: 'b', errorCode: 0, errorMessage: null },
      ],
    },
  ],
  [
    deleteTopicsRequest({ topics: ['orders'], timeoutMs: 1000 }),
    { throttleMs: 0, topics: [{ topic: 'orders', errorCode: 3 }] },
  ],
  [
    deleteRecordsRequest({
      topics: [{ topic: 'orders', partitions: [{ partition: 0, offset: -1 }] }],
      timeoutMs: 1000,
    }),
    {
      throttleMs: 0,
      topics: [{ topic: 'orders', partitions: [{ partition: 0, lowWatermark: 7, errorCode: 0 }] }],
    },
  ],
  [
    initProducerIdRequest({ ...producer, transactionTimeoutMs: 60_000 }),
    { throttleMs: 0, errorCode: 0, producerId: 2n ** 63n - 1n, producerEpoch: 4 },
  ],
  [
    initProducerIdRequest({ transactionalId: null, transactionTimeoutMs: 0x7fff_ffff }),
    { throttleMs: 0, errorCode: 51, producerId: -1n, producerEpoch: -1 },
  ],
  [
    offsetForLeaderEpochRequest({
      topics: [
        { topic: 'orders', partitions: [{ partition: 2, currentLeaderEpoch: 9, leaderEpoch: 8 }] },
      ],
    }),
    {
      throttleMs: 0,
      topics: [
        {
          topic: 'orders',
          partitions: [{ errorCode: 74, partition: 2, leaderEpoch: 8, endOffset: 77 }],
        },
      ],
    },
  ],
  [
    addPartitionsToTxnRequest({ ...producer, topics: [{ topic: 'orders', partitions: [0, 2] }] }),
    {
      throttleMs: 0,
      topics: [
        {
          topic: 'orders',
          partitions: [
            { partition: 0, errorCode: 0 },
            { partition: 2, errorCode: 51 },
          ],
        },
      ],
    },
  ],
  [addOffsetsToTxnRequest({ ...producer, group: 'connect-a' }), { throttleMs: 0, errorCode: 49 }],
  [endTxnRequest({ ...producer, committed: false }), { throttleMs: 0, errorCode: 90 }],
  [
    txnOffsetCommitRequest({
      ...producer,
      ...member,
      topics: [{ topic: 'orders', partitions: [{ partition: 0, offset: 42 }] }],
    }),
    { throttleMs: 0, topics: [{ topic: 'orders', partitions: [{ partition: 0, errorCode: 22 }] }] },
  ],
  [
    describeConfigsRequest({
      resources: [
        { type: 'topic', name: 'orders' },
        { type: 'broker', name: '1', keys: ['message.max.bytes'] },
      ],
    }),
    {
      throttleMs: 0,
      resources: [
        {
          errorCode: 0,
          errorMessage: null,
          type: 'topic',
          name: 'orders',
          configs: [
            {
              name: 'cleanup.policy',
              value: 'compact',
              isReadOnly: false,
              source: 1,
              isSensitive: false,
            },
            { name: 'secret', value: null, isReadOnly: true, source: 5, isSensitive: true },
          ],
        },
        { errorCode: 29, errorMessage: 'no', type: 'broker', name: '1', configs: [] },
      ],
    },
  ],
  [
    createPartitionsRequest({ topics: [{ topic: 'orders', partitions: 8 }], timeoutMs: 1000 }),
    { throttleMs: 0, topics: [{ topic: 'orders', errorCode: 37, errorMessage: 'fewer' }] },
  ],
  [
    deleteGroupsRequest({ groups: ['connect-a'] }),
    { throttleMs: 0, groups: [{ group: 'connect-a', errorCode: 68 }] },
  ],
  [
    offsetDeleteRequest({ group: 'connect-a', topics: [{ topic: 'orders', partitions: [1] }] }),
    {
      errorCode: 0,
      throttleMs: 4,
      topics: [{ topic: 'orders', partitions: [{ partition: 1, errorCode: 86 }] }],
    },
  ],
]
