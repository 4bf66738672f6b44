import type { KafkaApi, KafkaRequest } from '../request.ts'

export const apiVersionsApi: KafkaApi = {
  apiKey: 18,
  apiVersion: 2,
  apiName: 'ApiVersions',
  isFlexible: false,
}

export interface ApiRange {
  readonly apiKey: number
  readonly min: number
  readonly max: number
}

export interface ApiVersionsAnswer {
  readonly errorCode: number
  readonly apis: readonly ApiRange[]
  readonly throttleMs: number
}

/** Which requests the broker serves, in which versions. */
export function apiVersionsRequest(): KafkaRequest<ApiVersionsAnswer> {
  return {
    ...apiVersionsApi,
    encode() {},
    decode: (reader) => ({
      errorCode: reader.int16(),
      apis: reader.array(() => ({
        apiKey: reader.int16(),
        min: reader.int16(),
        max: reader.int16(),
      })),
      throttleMs: reader.int32(),
    }),
  }
}
