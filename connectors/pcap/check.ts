import type { Findings } from '../../runtime/api/index.ts'
import { CaptureError, CaptureReader } from '../../runtime/packet/index.ts'
import { CaptureFile } from './capture-file.ts'
import type { Config } from './config.ts'
import { captureTrouble } from './trouble.ts'

/** Opens each file and looks at its header. Damage further in shows when it is read. */
export async function checkFiles(config: Config): Promise<Findings> {
  const problems: string[] = []
  for (const path of config['pcap.path']) {
    const problem = await problemOf(path, config)
    if (problem !== undefined) problems.push(problem)
  }
  return problems.length === 0 ? {} : { 'pcap.path': problems }
}

async function problemOf(path: string, config: Config): Promise<string | undefined> {
  let file: CaptureFile | undefined
  try {
    file = await CaptureFile.open(path, config['pcap.max.decompressed.bytes'])
    if (config['pcap.on.corrupt'] === 'skip-file') return undefined
    const reader = new CaptureReader()
    reader.feed(file.head)
    reader.next()
    return undefined
  } catch (error) {
    const trouble =
      error instanceof CaptureError
        ? captureTrouble(path, error)
        : (error as Error & { hint?: string })
    return 'hint' in trouble && trouble.hint !== undefined
      ? `${trouble.message}. ${trouble.hint}`
      : trouble.message
  } finally {
    await file?.close()
  }
}
