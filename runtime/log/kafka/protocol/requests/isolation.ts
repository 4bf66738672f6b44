/** Whether records of open and aborted transactions are given out. */
export type Isolation = 'read_committed' | 'read_uncommitted'

export function isolationLevel(isolation: Isolation): 0 | 1 {
  return isolation === 'read_committed' ? 1 : 0
}
