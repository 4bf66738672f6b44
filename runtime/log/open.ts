import { ConnectException } from '../api/errors.ts'
import { EmbeddedLog, type EmbeddedShare } from './embedded/embedded-log.ts'
import {
  type EmbeddedLogOptions,
  type OpenedLog,
  openEmbeddedLog,
} from './embedded/open-embedded-log.ts'
import type { Log } from './log.ts'

export type LogOptions = { readonly kind: 'embedded' } & EmbeddedLogOptions

/** Opens the log, in the main thread. */
export function openLog(options: LogOptions): Promise<OpenedLog> {
  return openEmbeddedLog(options)
}

/** Joins a log that another thread opened: `data` of its `share()`. */
export async function joinLog(data: unknown): Promise<Log> {
  const share = data as EmbeddedShare
  if (share?.kind !== 'embedded') throw new ConnectException('What was shared is no log')
  return new EmbeddedLog(share)
}
