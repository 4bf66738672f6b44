import { ConnectException } from '../api/errors.ts'
import { EmbeddedLog, type EmbeddedShare } from './embedded/embedded-log.ts'
import { EmbeddedLogReader, type LogReader } from './embedded/embedded-log-reader.ts'
import { type EmbeddedLogOptions, OpenedEmbeddedLog } from './embedded/open-embedded-log.ts'
import type { Log } from './log.ts'

export type { LogReader }
export type OpenedLog = OpenedEmbeddedLog

export type LogOptions = { readonly kind: 'embedded' } & EmbeddedLogOptions

/** Opens the log, in the main thread. */
export function openLog(options: LogOptions): Promise<OpenedEmbeddedLog> {
  return OpenedEmbeddedLog.open(options)
}

/** Joins a log that another thread opened: `data` of its `share()`. */
export async function joinLog(data: unknown): Promise<Log> {
  const share = data as EmbeddedShare
  if (share?.kind !== 'embedded') throw new ConnectException('What was shared is no log')
  return new EmbeddedLog(share)
}

/** Looks into a log from another process, also while a worker writes it. */
export async function openEmbeddedLogReader(dataDir: string): Promise<LogReader> {
  return new EmbeddedLogReader(dataDir)
}
