import type { SourceRecord } from '../api/index.ts'
import type { LogRecord, TopicPartition } from '../log/log.ts'
import type { ErrorConfig } from './error-config.ts'
import type { RecordException } from './record-exception.ts'
import type { TaskContext } from './task-context.ts'
import { nameOf } from './task-state.ts'

/** A record of the log that cannot be carried. */
export interface FailedSinkRecord extends TopicPartition {
  readonly raw: LogRecord
  readonly refused: RecordException
}

const longestText = 16 * 1024

/** `errors.log.enable`: a line for each record that failed, in Connect's words. */
export class ErrorLog {
  readonly #context: TaskContext
  readonly #config: ErrorConfig

  constructor(context: TaskContext, config: ErrorConfig) {
    this.#context = context
    this.#config = config
  }

  ofSink({ refused, topic, partition, raw }: FailedSinkRecord): void {
    this.#write(refused, () => {
      const { offset, timestamp, timestampType } = raw
      const time =
        timestamp === -1 ? '' : `, timestamp=${timestamp}, timestampType=${timestampType}`
      return `, where consumed record is {topic='${topic}', partition=${partition}, offset=${offset}${time}}`
    })
  }

  ofSource(refused: RecordException, record: SourceRecord): void {
    this.#write(refused, () => `, where source record is = ${textOf(record)}`)
  }

  #write(refused: RecordException, describe: () => string): void {
    const { logs, logsRecords } = this.#config
    if (!logs || !refused.isTolerable) return
    const { id, logger, meter } = this.#context
    meter.counts.errorsLogged++
    const record = logsRecords ? describe() : ''
    logger.error(
      { err: refused.cause },
      `Error encountered in task ${nameOf(id)}. Executing stage '${refused.stage}' with class '${refused.class}'${record}.`,
    )
  }
}

/** As JSON, whatever it holds, up to a length. */
function textOf(record: SourceRecord): string {
  let text: string
  try {
    text = JSON.stringify(record, (_, inner) => {
      if (typeof inner === 'bigint' || typeof inner === 'symbol') return String(inner)
      return inner instanceof Map ? [...inner] : inner
    })
  } catch (error) {
    text = `(it cannot be printed: ${(error as Error).message})`
  }
  return text.length > longestText ? `${text.slice(0, longestText)}…` : text
}
