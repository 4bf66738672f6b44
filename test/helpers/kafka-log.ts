import type { Log } from '../../runtime/log/log.ts'
import { openLog } from '../../runtime/log/open.ts'

/** The log on that broker, for whoever looks from outside of a worker. */
export function openKafka(bootstrap: string): Promise<Log> {
  return openLog({
    kind: 'kafka',
    common: { 'bootstrap.servers': bootstrap },
    clientId: 'tapline-test',
    logger: { debug() {}, info() {}, warn: tell, error: tell },
  })
}

function tell(fields: object, message: string): void {
  process.stderr.write(`# ${message} ${JSON.stringify(fields)}\n`)
}
