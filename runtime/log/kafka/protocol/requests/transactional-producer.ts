/** Who speaks, in the requests of a transaction. */
export interface TransactionalProducer {
  readonly transactionalId: string
  readonly producerId: bigint
  readonly producerEpoch: number
}

export interface TransactionAnswer {
  readonly throttleMs: number
  readonly errorCode: number
}
