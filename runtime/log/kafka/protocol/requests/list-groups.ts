import type { KafkaApi, KafkaRequest } from '../request.ts'

export const listGroupsApi: KafkaApi = {
  apiKey: 16,
  apiVersion: 4,
  apiName: 'ListGroups',
  isFlexible: true,
}

export interface ListGroupsAnswer {
  readonly throttleMs: number
  readonly errorCode: number
  readonly groups: readonly {
    readonly group: string
    readonly protocolType: string
    readonly state: string
  }[]
}

/** The groups that one broker coordinates: ask every broker. */
export function listGroupsRequest(
  asked: { readonly states?: readonly string[] } = {},
): KafkaRequest<ListGroupsAnswer> {
  return {
    ...listGroupsApi,
    encode(writer) {
      writer.compactArray(asked.states ?? [], (state) => writer.compactString(state))
      writer.tags()
    },
    decode(reader) {
      const throttleMs = reader.int32()
      const errorCode = reader.int16()
      const groups = reader.compactArray(() => {
        const group = {
          group: reader.compactString(),
          protocolType: reader.compactString(),
          state: reader.compactString(),
        }
        reader.tags()
        return group
      })
      reader.tags()
      return { throttleMs, errorCode, groups }
    },
  }
}
