import type { KafkaApi, KafkaRequest } from '../request.ts'

export const describeConfigsApi: KafkaApi = {
  apiKey: 32,
  apiVersion: 2,
  apiName: 'DescribeConfigs',
  isFlexible: false,
}

export interface DescribeConfigsArguments {
  readonly resources: readonly {
    readonly type: 'topic' | 'broker'
    /** The topic, or the broker's node id as text. */
    readonly name: string
    /** null or left out: all. */
    readonly keys?: readonly string[] | null
  }[]
}

export interface DescribedConfig {
  readonly name: string
  /** null: sensitive, and not shown. */
  readonly value: string | null
  readonly isReadOnly: boolean
  /** 1 set on the topic, 2 to 4 on brokers, 5 built in. */
  readonly source: number
  readonly isSensitive: boolean
}

export interface DescribeConfigsAnswer {
  readonly throttleMs: number
  readonly resources: readonly {
    readonly errorCode: number
    readonly errorMessage: string | null
    readonly type: 'topic' | 'broker'
    readonly name: string
    readonly configs: readonly DescribedConfig[]
  }[]
}

/** `source` of what was set on the topic itself. */
export const SET_ON_TOPIC = 1
const TOPIC = 2
const BROKER = 4

export function describeConfigsRequest(
  asked: DescribeConfigsArguments,
): KafkaRequest<DescribeConfigsAnswer> {
  return {
    ...describeConfigsApi,
    encode(writer) {
      writer.array(asked.resources, ({ type, name, keys }) => {
        writer.int8(type === 'topic' ? TOPIC : BROKER)
        writer.string(name)
        writer.nullableArray(keys ?? null, (key) => writer.string(key))
      })
      writer.boolean(false) // No synonyms.
    },
    decode: (reader) => ({
      throttleMs: reader.int32(),
      resources: reader.array(() => ({
        errorCode: reader.int16(),
        errorMessage: reader.nullableString(),
        type: reader.int8() === TOPIC ? 'topic' : 'broker',
        name: reader.string(),
        configs: reader.array(() => {
          const config = {
            name: reader.string(),
            value: reader.nullableString(),
            isReadOnly: reader.boolean(),
            source: reader.int8(),
            isSensitive: reader.boolean(),
          }
          reader.array(() => [reader.string(), reader.nullableString(), reader.int8()])
          return config
        }),
      })),
    }),
  }
}
