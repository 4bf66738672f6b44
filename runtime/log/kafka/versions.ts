import type { KafkaApi } from './protocol/request.ts'
import { addOffsetsToTxnApi } from './protocol/requests/add-offsets-to-txn.ts'
import { addPartitionsToTxnApi } from './protocol/requests/add-partitions-to-txn.ts'
import type { ApiRange } from './protocol/requests/api-versions.ts'
import { apiVersionsApi } from './protocol/requests/api-versions.ts'
import { createTopicsApi } from './protocol/requests/create-topics.ts'
import { deleteGroupsApi } from './protocol/requests/delete-groups.ts'
import { deleteTopicsApi } from './protocol/requests/delete-topics.ts'
import { describeConfigsApi } from './protocol/requests/describe-configs.ts'
import { describeGroupsApi } from './protocol/requests/describe-groups.ts'
import { endTxnApi } from './protocol/requests/end-txn.ts'
import { fetchApi } from './protocol/requests/fetch.ts'
import { findCoordinatorApi } from './protocol/requests/find-coordinator.ts'
import { heartbeatApi } from './protocol/requests/heartbeat.ts'
import { initProducerIdApi } from './protocol/requests/init-producer-id.ts'
import { joinGroupApi } from './protocol/requests/join-group.ts'
import { leaveGroupApi } from './protocol/requests/leave-group.ts'
import { listOffsetsApi } from './protocol/requests/list-offsets.ts'
import { metadataApi } from './protocol/requests/metadata.ts'
import { offsetCommitApi } from './protocol/requests/offset-commit.ts'
import { offsetDeleteApi } from './protocol/requests/offset-delete.ts'
import { offsetFetchApi } from './protocol/requests/offset-fetch.ts'
import { offsetForLeaderEpochApi } from './protocol/requests/offset-for-leader-epoch.ts'
import { produceApi } from './protocol/requests/produce.ts'
import { syncGroupApi } from './protocol/requests/sync-group.ts'
import { txnOffsetCommitApi } from './protocol/requests/txn-offset-commit.ts'

/** Every request that this worker sends, in the one version that it speaks. */
export const spokenApis: readonly KafkaApi[] = [
  produceApi,
  fetchApi,
  listOffsetsApi,
  metadataApi,
  offsetCommitApi,
  offsetFetchApi,
  findCoordinatorApi,
  joinGroupApi,
  heartbeatApi,
  leaveGroupApi,
  syncGroupApi,
  describeGroupsApi,
  apiVersionsApi,
  createTopicsApi,
  deleteTopicsApi,
  initProducerIdApi,
  offsetForLeaderEpochApi,
  addPartitionsToTxnApi,
  addOffsetsToTxnApi,
  endTxnApi,
  txnOffsetCommitApi,
  describeConfigsApi,
  deleteGroupsApi,
  offsetDeleteApi,
]

/** What keeps this worker from working with a broker, which serves `ranges`: one sentence for each request; none when all is well. */
export function compareVersions(broker: string, ranges: readonly ApiRange[]): string[] {
  const served = new Map(ranges.map((range) => [range.apiKey, range]))
  return spokenApis.flatMap((api) => problem(broker, api, served.get(api.apiKey)) ?? [])
}

function problem(broker: string, api: KafkaApi, range: ApiRange | undefined): string | null {
  const { apiName, apiVersion } = api
  if (range === undefined)
    return `Broker ${broker} does not serve ${apiName}: Kafka 3.1 or later is needed.`
  if (range.min <= apiVersion && apiVersion <= range.max) return null
  const sides = `Broker ${broker} serves ${apiName} ${range.min}-${range.max}, this worker speaks ${apiVersion}`
  return range.max < apiVersion
    ? `${sides}: Kafka 3.1 or later is needed.`
    : `${sides}: the broker is too new for it, update the worker.`
}
