import type { KafkaApi, KafkaRequest } from '../request.ts'

export const deleteGroupsApi: KafkaApi = {
  apiKey: 42,
  apiVersion: 1,
  apiName: 'DeleteGroups',
  isFlexible: false,
}

export interface DeleteGroupsAnswer {
  readonly throttleMs: number
  readonly groups: readonly { readonly group: string; readonly errorCode: number }[]
}

export function deleteGroupsRequest(asked: {
  readonly groups: readonly string[]
}): KafkaRequest<DeleteGroupsAnswer> {
  return {
    ...deleteGroupsApi,
    encode(writer) {
      writer.array(asked.groups, (group) => writer.string(group))
    },
    decode: (reader) => ({
      throttleMs: reader.int32(),
      groups: reader.array(() => ({ group: reader.string(), errorCode: reader.int16() })),
    }),
  }
}
