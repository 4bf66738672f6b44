/** What we use of kafkajs's own protocol bodies; it has types for its public face only. The version is pinned, so these cannot drift. */

declare module 'kafkajs/src/protocol/encoder.js' {
  export default class Encoder {
    readonly buffer: Buffer
  }
}

declare module 'kafkajs/src/protocol/decoder.js' {
  export default class Decoder {
    constructor(buffer: Buffer)
    readonly offset: number
    readInt16(): number
    readInt32(): number
    readInt64(): { toString(): string }
    readString(): string
    readBytes(): Buffer | null
    readVarIntBytes(): Buffer | null
    readArray<T>(read: (decoder: Decoder) => T): T[]
  }
}

declare module 'kafkajs/src/protocol/requests/produce/v7/request.js' {
  import type Encoder from 'kafkajs/src/protocol/encoder.js'
  export interface StockMessage {
    readonly key: Buffer | null
    readonly value: Buffer | null
    readonly timestamp: string
    readonly headers: Readonly<Record<string, Buffer | Buffer[]>>
  }
  export default function produce(options: {
    readonly transactionalId: string | null
    readonly acks: number
    readonly timeout: number
    readonly producerId: string
    readonly producerEpoch: number
    readonly compression: number
    readonly topicData: readonly {
      readonly topic: string
      readonly partitions: readonly {
        readonly partition: number
        readonly firstSequence: number
        readonly messages: readonly StockMessage[]
      }[]
    }[]
  }): { encode(): Promise<Encoder> }
}

declare module 'kafkajs/src/protocol/requests/produce/v7/response.js' {
  const response: {
    decode(bytes: Buffer): Promise<{
      readonly clientSideThrottleTime: number
      readonly topics: readonly {
        readonly topicName: string
        readonly partitions: readonly {
          readonly partition: number
          readonly errorCode: number
          readonly baseOffset: string
          readonly logAppendTime: string
          readonly logStartOffset: string
        }[]
      }[]
    }>
  }
  export default response
}

declare module 'kafkajs/src/protocol/requests/fetch/v11/request.js' {
  import type Encoder from 'kafkajs/src/protocol/encoder.js'
  export default function fetch(options: {
    readonly replicaId: number
    readonly isolationLevel: number
    readonly maxWaitTime: number
    readonly minBytes: number
    readonly maxBytes: number
    readonly rackId: string
    readonly topics: readonly {
      readonly topic: string
      readonly partitions: readonly {
        readonly partition: number
        readonly currentLeaderEpoch: number
        readonly fetchOffset: number
        readonly maxBytes: number
      }[]
    }[]
  }): { encode(): Promise<Encoder> }
}

declare module 'kafkajs/src/protocol/recordBatch/record/v0/decoder.js' {
  import type Decoder from 'kafkajs/src/protocol/decoder.js'
  export default function decodeRecord(
    decoder: Decoder,
    batch: {
      readonly magicByte: number
      readonly firstOffset: string
      readonly firstTimestamp: string
      readonly maxTimestamp: string
      readonly timestampType: 0 | 1
    },
  ): {
    readonly offset: string
    readonly timestamp: string
    readonly key: Buffer | null
    readonly value: Buffer | null
    readonly headers: Readonly<Record<string, unknown>>
  }
}

declare module 'kafkajs/src/protocol/message/compression/index.js' {
  import type Encoder from 'kafkajs/src/protocol/encoder.js'
  export interface StockCodec {
    compress(encoder: Encoder): Promise<Buffer>
    decompress(bytes: Buffer): Promise<Buffer>
  }
  const compression: { readonly Codecs: Record<number, () => StockCodec> }
  export default compression
}
