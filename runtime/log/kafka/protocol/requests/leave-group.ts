import type { KafkaApi, KafkaRequest } from '../request.ts'

export const leaveGroupApi: KafkaApi = {
  apiKey: 13,
  apiVersion: 3,
  apiName: 'LeaveGroup',
  isFlexible: false,
}

export interface LeaveGroupArguments {
  readonly group: string
  readonly members: readonly { readonly memberId: string; readonly instanceId?: string | null }[]
}

export interface LeaveGroupAnswer {
  readonly throttleMs: number
  readonly errorCode: number
  readonly members: readonly {
    readonly memberId: string
    readonly instanceId: string | null
    readonly errorCode: number
  }[]
}

export function leaveGroupRequest(asked: LeaveGroupArguments): KafkaRequest<LeaveGroupAnswer> {
  return {
    ...leaveGroupApi,
    encode(writer) {
      writer.string(asked.group)
      writer.array(asked.members, ({ memberId, instanceId }) => {
        writer.string(memberId)
        writer.nullableString(instanceId ?? null)
      })
    },
    decode: (reader) => ({
      throttleMs: reader.int32(),
      errorCode: reader.int16(),
      members: reader.array(() => ({
        memberId: reader.string(),
        instanceId: reader.nullableString(),
        errorCode: reader.int16(),
      })),
    }),
  }
}
