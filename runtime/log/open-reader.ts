import { readFileSync } from 'node:fs'
import { ConnectException } from '../api/errors.ts'
import { parseProperties, propertiesText } from '../api/java-properties.ts'
import type { ClientSettings } from './log.ts'
import { type LogReader, openEmbeddedLogReader, openLog } from './open.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** Where a log to look into lies: in a folder, or on Kafka. */
export type LogPlace =
  | { readonly dataDir: string }
  | {
      readonly bootstrapServers: string
      /** A properties file with further settings of the client, as Kafka's own tools take it. */
      readonly commandConfig?: string
    }

export async function openReader(place: LogPlace): Promise<LogReader> {
  if ('dataDir' in place) return openEmbeddedLogReader(place.dataDir)
  const { bootstrapServers, commandConfig } = place
  const common = {
    ...(commandConfig === undefined ? {} : settingsIn(commandConfig)),
    'bootstrap.servers': bootstrapServers,
  }
  return openLog({ kind: 'kafka', common, clientId: 'tapline-log', logger: silent })
}

function settingsIn(file: string): ClientSettings {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new ConnectException(`The command config ${file} cannot be read (${code})`)
  }
  return parseProperties(propertiesText(bytes))
}
