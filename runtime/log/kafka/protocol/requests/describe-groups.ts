import type { KafkaApi, KafkaRequest } from '../request.ts'

export const describeGroupsApi: KafkaApi = {
  apiKey: 15,
  apiVersion: 4,
  apiName: 'DescribeGroups',
  isFlexible: false,
}

export interface DescribedGroup {
  readonly errorCode: number
  readonly group: string
  /** `Stable`, `Empty`, `Dead` (also for a group that never was) … */
  readonly state: string
  readonly protocolType: string
  readonly protocol: string
  readonly members: readonly {
    readonly memberId: string
    readonly instanceId: string | null
    readonly clientId: string
    readonly clientHost: string
    readonly metadata: Buffer
    readonly assignment: Buffer
  }[]
}

export interface DescribeGroupsAnswer {
  readonly throttleMs: number
  readonly groups: readonly DescribedGroup[]
}

export function describeGroupsRequest(asked: {
  readonly groups: readonly string[]
}): KafkaRequest<DescribeGroupsAnswer> {
  return {
    ...describeGroupsApi,
    encode(writer) {
      writer.array(asked.groups, (group) => writer.string(group))
      writer.boolean(false) // No authorized operations.
    },
    decode: (reader) => ({
      throttleMs: reader.int32(),
      groups: reader.array(() => {
        const group = {
          errorCode: reader.int16(),
          group: reader.string(),
          state: reader.string(),
          protocolType: reader.string(),
          protocol: reader.string(),
          members: reader.array(() => ({
            memberId: reader.string(),
            instanceId: reader.nullableString(),
            clientId: reader.string(),
            clientHost: reader.string(),
            metadata: reader.bytes(),
            assignment: reader.bytes(),
          })),
        }
        reader.int32()
        return group
      }),
    }),
  }
}
