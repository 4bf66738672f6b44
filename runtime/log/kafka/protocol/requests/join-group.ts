import type { KafkaApi, KafkaRequest } from '../request.ts'

export const joinGroupApi: KafkaApi = {
  apiKey: 11,
  apiVersion: 5,
  apiName: 'JoinGroup',
  isFlexible: false,
}

export interface JoinGroupArguments {
  readonly group: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  /** Empty at first: the answer is MEMBER_ID_REQUIRED, with the id to join with. */
  readonly memberId: string
  readonly instanceId?: string | null
  readonly protocolType: string
  readonly protocols: readonly { readonly name: string; readonly metadata: Uint8Array }[]
}

export interface JoinGroupAnswer {
  readonly throttleMs: number
  readonly errorCode: number
  readonly generation: number
  readonly protocol: string
  readonly leader: string
  readonly memberId: string
  /** For the leader alone; metadata as each member sent them. */
  readonly members: readonly {
    readonly memberId: string
    readonly instanceId: string | null
    readonly metadata: Buffer
  }[]
}

export function joinGroupRequest(asked: JoinGroupArguments): KafkaRequest<JoinGroupAnswer> {
  return {
    ...joinGroupApi,
    encode(writer) {
      writer.string(asked.group)
      writer.int32(asked.sessionTimeoutMs)
      writer.int32(asked.rebalanceTimeoutMs)
      writer.string(asked.memberId)
      writer.nullableString(asked.instanceId ?? null)
      writer.string(asked.protocolType)
      writer.array(asked.protocols, ({ name, metadata }) => {
        writer.string(name)
        writer.bytes(metadata)
      })
    },
    decode: (reader) => ({
      throttleMs: reader.int32(),
      errorCode: reader.int16(),
      generation: reader.int32(),
      protocol: reader.nullableString() ?? '',
      leader: reader.string(),
      memberId: reader.string(),
      members: reader.array(() => ({
        memberId: reader.string(),
        instanceId: reader.nullableString(),
        metadata: reader.bytes(),
      })),
    }),
  }
}
