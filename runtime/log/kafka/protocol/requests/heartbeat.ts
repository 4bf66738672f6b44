import type { KafkaApi, KafkaRequest } from '../request.ts'
import type { GroupMember } from './group-member.ts'

export const heartbeatApi: KafkaApi = {
  apiKey: 12,
  apiVersion: 3,
  apiName: 'Heartbeat',
  isFlexible: false,
}

export interface HeartbeatAnswer {
  readonly throttleMs: number
  readonly errorCode: number
}

export function heartbeatRequest(asked: GroupMember): KafkaRequest<HeartbeatAnswer> {
  return {
    ...heartbeatApi,
    encode(writer) {
      writer.string(asked.group)
      writer.int32(asked.generation)
      writer.string(asked.memberId)
      writer.nullableString(asked.instanceId ?? null)
    },
    decode: (reader) => ({ throttleMs: reader.int32(), errorCode: reader.int16() }),
  }
}
