import { ConnectException } from '../api/errors.ts'
import type { Logger } from '../api/logger.ts'
import type { EmbeddedShare } from './embedded/embedded-log.ts'
import type { LogReader } from './embedded/embedded-log-reader.ts'
import type { EmbeddedLogOptions, OpenedEmbeddedLog } from './embedded/open-embedded-log.ts'
import type { KafkaShare } from './kafka/kafka-log.ts'
import type { KafkaLogOptions } from './kafka/kafka-log-settings.ts'
import type { Log } from './log.ts'

export type { LogReader }
export type OpenedLog = Log

export type LogOptions =
  | ({ readonly kind: 'embedded' } & EmbeddedLogOptions)
  | ({ readonly kind: 'kafka' } & KafkaLogOptions)

/** Opens the log, in the main thread. Only what the log needs is loaded: no database for Kafka, no Kafka client without it. */
export function openLog(
  options: Extract<LogOptions, { kind: 'embedded' }>,
): Promise<OpenedEmbeddedLog>
export function openLog(options: LogOptions): Promise<Log>
export async function openLog(options: LogOptions): Promise<Log> {
  if (options.kind === 'kafka') {
    const { openKafkaLog } = await import('./kafka/open-kafka-log.ts')
    return openKafkaLog(options)
  }
  const { OpenedEmbeddedLog } = await import('./embedded/open-embedded-log.ts')
  return OpenedEmbeddedLog.open(options)
}

/** Joins a log that another thread opened: `data` of its `share()`. */
export async function joinLog(data: unknown, logger?: Logger): Promise<Log> {
  const share = data as EmbeddedShare | KafkaShare
  if (share?.kind === 'kafka') {
    const { joinKafkaLog } = await import('./kafka/open-kafka-log.ts')
    return joinKafkaLog(share, logger)
  }
  if (share?.kind !== 'embedded') throw new ConnectException('What was shared is no log')
  const { EmbeddedLog } = await import('./embedded/embedded-log.ts')
  return new EmbeddedLog(share)
}

/** Looks into a log from another process, also while a worker writes it. */
export async function openEmbeddedLogReader(dataDir: string): Promise<LogReader> {
  const { EmbeddedLogReader } = await import('./embedded/embedded-log-reader.ts')
  return new EmbeddedLogReader(dataDir)
}
