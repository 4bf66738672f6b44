/** An offset as a group keeps it: the next one to read. */
export interface OffsetToCommit {
  readonly partition: number
  readonly offset: number
  /** Of the record before it. Left out: not known. */
  readonly leaderEpoch?: number
  readonly metadata?: string | null
}

export interface PartitionResult {
  readonly partition: number
  readonly errorCode: number
}
