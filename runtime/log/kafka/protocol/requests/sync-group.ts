import type { KafkaApi, KafkaRequest } from '../request.ts'
import type { GroupMember } from './group-member.ts'

export const syncGroupApi: KafkaApi = {
  apiKey: 14,
  apiVersion: 3,
  apiName: 'SyncGroup',
  isFlexible: false,
}

export interface SyncGroupArguments extends GroupMember {
  /** From the leader; the others send none. */
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Uint8Array }[]
}

export interface SyncGroupAnswer {
  readonly throttleMs: number
  readonly errorCode: number
  readonly assignment: Buffer
}

export function syncGroupRequest(asked: SyncGroupArguments): KafkaRequest<SyncGroupAnswer> {
  return {
    ...syncGroupApi,
    encode(writer) {
      writer.string(asked.group)
      writer.int32(asked.generation)
      writer.string(asked.memberId)
      writer.nullableString(asked.instanceId ?? null)
      writer.array(asked.assignments, ({ memberId, assignment }) => {
        writer.string(memberId)
        writer.bytes(assignment)
      })
    },
    decode: (reader) => ({
      throttleMs: reader.int32(),
      errorCode: reader.int16(),
      assignment: reader.bytes(),
    }),
  }
}
