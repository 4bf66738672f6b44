import { openLog } from '../../runtime/log/open.ts'
import { logContract } from './log.ts'

logContract('the embedded log', {
  async open(t) {
    const log = await openLog({ kind: 'embedded', dataDir: t.testdir() })
    t.teardown(() => log.close())
    return log
  },
})
