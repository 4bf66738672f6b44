/** What both clients write and read: 400 octets under one of 10,000 keys, in 4 partitions. */
export const PARTITIONS = 4
export const VALUE = Buffer.from(JSON.stringify({ text: 'x'.repeat(376), number: 123 }))
export const keys: readonly Buffer[] = Array.from({ length: 10_000 }, (_, i) =>
  Buffer.from(`key-${i}`),
)

export interface Measured {
  readonly recordsPerSecond: number
  /** Of the whole process: its threads, garbage collection and sockets. */
  readonly cpuMicrosPerRecord: number
}

/** A clock that is started once and stopped with the records that went through meanwhile. */
export function measure(): (records: number) => Measured {
  const cpu = process.cpuUsage()
  const start = performance.now()
  return (records) => {
    const seconds = (performance.now() - start) / 1000
    const { user, system } = process.cpuUsage(cpu)
    return { recordsPerSecond: records / seconds, cpuMicrosPerRecord: (user + system) / records }
  }
}

/** Runs up to `limit` of what `start` starts at once, until it has no more. */
export async function inFlight(
  limit: number,
  start: () => Promise<unknown> | undefined,
): Promise<void> {
  const lane = async () => {
    for (let work = start(); work !== undefined; work = start()) await work
  }
  await Promise.all(Array.from({ length: limit }, lane))
}
