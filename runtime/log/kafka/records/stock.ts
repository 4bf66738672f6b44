/**
 * The setting `codec: 'stock'`: the same requests as our own, their bodies and records written and read by kafkajs's encoder and decoder.
 * A way back, should ours be suspected; slower, and with kafkajs's weaknesses: headers of one key lose their places among the others, a
 * header without a value cannot be written.
 */
export { stockFetchRequest } from './stock-fetch.ts'
export { stockProduceRequest } from './stock-produce.ts'
export { stockReadRecords } from './stock-read-records.ts'
