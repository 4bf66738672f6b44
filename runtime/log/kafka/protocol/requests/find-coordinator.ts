import type { KafkaApi, KafkaRequest } from '../request.ts'

export const findCoordinatorApi: KafkaApi = {
  apiKey: 10,
  apiVersion: 2,
  apiName: 'FindCoordinator',
  isFlexible: false,
}

export interface FindCoordinatorArguments {
  /** The group's name, or the transactional id. */
  readonly key: string
  readonly type: 'group' | 'transaction'
}

export interface FindCoordinatorAnswer {
  readonly throttleMs: number
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly nodeId: number
  readonly host: string
  readonly port: number
}

export function findCoordinatorRequest(
  asked: FindCoordinatorArguments,
): KafkaRequest<FindCoordinatorAnswer> {
  return {
    ...findCoordinatorApi,
    encode(writer) {
      writer.string(asked.key)
      writer.int8(asked.type === 'group' ? 0 : 1)
    },
    decode: (reader) => ({
      throttleMs: reader.int32(),
      errorCode: reader.int16(),
      errorMessage: reader.nullableString(),
      nodeId: reader.int32(),
      host: reader.string(),
      port: reader.int32(),
    }),
  }
}
