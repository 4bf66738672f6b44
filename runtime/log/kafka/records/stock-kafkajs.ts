import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const protocol = 'kafkajs/src/protocol'

export type StockDecoder = import('kafkajs/src/protocol/decoder.js').default

/** kafkajs's own protocol bodies. */
interface StockProtocol {
  readonly Decoder: typeof import('kafkajs/src/protocol/decoder.js').default
  readonly produceRequest: typeof import('kafkajs/src/protocol/requests/produce/v7/request.js').default
  readonly produceResponse: typeof import('kafkajs/src/protocol/requests/produce/v7/response.js').default
  readonly fetchRequest: typeof import('kafkajs/src/protocol/requests/fetch/v11/request.js').default
  readonly decodeRecord: typeof import('kafkajs/src/protocol/recordBatch/record/v0/decoder.js').default
  readonly compression: typeof import('kafkajs/src/protocol/message/compression/index.js').default
}

let loaded: StockProtocol | undefined

/** Loaded by the first that needs it: it costs 15 ms and 5 MB a thread, and hardly anybody does. */
export function stockProtocol(): StockProtocol {
  loaded ??= {
    Decoder: require(`${protocol}/decoder.js`),
    produceRequest: require(`${protocol}/requests/produce/v7/request.js`),
    produceResponse: require(`${protocol}/requests/produce/v7/response.js`),
    fetchRequest: require(`${protocol}/requests/fetch/v11/request.js`),
    decodeRecord: require(`${protocol}/recordBatch/record/v0/decoder.js`),
    compression: require(`${protocol}/message/compression/index.js`),
  }
  return loaded
}
