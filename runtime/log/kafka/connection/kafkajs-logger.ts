import type { Logger } from '../../../api/index.ts'

type Say = (message: string, extra?: object) => void

export interface KafkaJsLogger {
  readonly debug: Say
  readonly info: Say
  readonly warn: Say
  readonly error: Say
  namespace(name: string): KafkaJsLogger
}

/** kafkajs's words, all at debug: whatever goes wrong also comes back as an error, and is said there, once. */
export function kafkaJsLogger(logger: Logger): KafkaJsLogger {
  const say: Say = (message, extra = {}) => logger.debug(extra, message)
  const adapted: KafkaJsLogger = {
    debug: () => {}, // two lines a request, with the answers' contents
    info: say,
    warn: say,
    error: say,
    namespace: () => adapted,
  }
  return adapted
}
