import {
  type DestinationStream,
  destination,
  type Logger as Pino,
  pino,
  stdTimeFunctions,
} from 'pino'
import type { Logger } from '../api/logger.ts'
import { maskSecrets } from '../api/secrets.ts'
import { type LevelName, LogLevels } from './log-levels.ts'
import { redacted } from './redaction.ts'
import { Sampler, type SamplerOptions } from './sampler.ts'

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

export interface JsonLoggerOptions {
  /** Default info. */
  readonly level?: LogLevel
  /** Where lines go. Default: standard output, written at once, so that nothing is missing when the process ends. */
  readonly destination?: DestinationStream
  readonly sampling?: SamplerOptions
}

const levelOf = {
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARN',
  error: 'ERROR',
  silent: 'OFF',
} as const satisfies Record<LogLevel, LevelName>

interface LoggerParts {
  readonly pino: Pino
  readonly sampler: Sampler
  readonly levels: LogLevels
  readonly name: string
  readonly context: string
}

/** JSON lines. A warning that repeats is sampled: the first few of a minute are written, then a line that counts what was withheld. */
export class JsonLogger implements Logger {
  readonly #parts: LoggerParts

  private constructor(parts: LoggerParts) {
    this.#parts = parts
  }

  static create(options: JsonLoggerOptions = {}): JsonLogger {
    const root = pino(
      {
        // What is written is decided here, by name.
        level: 'debug',
        base: null,
        timestamp: stdTimeFunctions.isoTime,
        // Fields come redacted, errors among them.
        serializers: { err: (error: unknown) => error },
        formatters: { level: (level) => ({ level }) },
      },
      options.destination ?? standardOutput(),
    )
    return new JsonLogger({
      pino: root,
      sampler: new Sampler(options.sampling),
      levels: new LogLevels(levelOf[options.level ?? 'info']),
      name: 'root',
      context: '',
    })
  }

  /** A logger whose every line carries these fields. */
  child(fields: object): JsonLogger {
    const bindings = redacted(fields)
    const context = this.#parts.context + JSON.stringify(bindings)
    return new JsonLogger({ ...this.#parts, pino: this.#parts.pino.child(bindings), context })
  }

  /** What may be changed while it writes. */
  get levels(): LogLevels {
    return this.#parts.levels
  }

  /** The same, with a level under this name. */
  named(name: string): JsonLogger {
    this.#parts.levels.add(name)
    return new JsonLogger({ ...this.#parts, name })
  }

  debug(fields: object, message: string): void {
    this.#write('debug', fields, message)
  }

  info(fields: object, message: string): void {
    this.#write('info', fields, message)
  }

  warn(fields: object, message: string): void {
    if (!this.#isEnabled('warn', fields)) return
    const { sampler } = this.#parts
    const { connector, task } = fields as { connector?: unknown; task?: unknown }
    const kind = JSON.stringify([this.#parts.context, connector, task, message])
    const report = (withheld: number) =>
      this.#write('warn', { connector, task, withheld, windowMs: sampler.windowMs }, message)
    if (sampler.admits(kind, report)) this.#write('warn', fields, message)
  }

  error(fields: object, message: string): void {
    this.#write('error', fields, message)
  }

  /** Writes the counts of what is being withheld. The logger works on. */
  flush(): void {
    this.#parts.sampler.flush()
  }

  #write(level: Exclude<LogLevel, 'silent'>, fields: object, message: string): void {
    if (this.#isEnabled(level, fields))
      this.#parts.pino[level](redacted(fields), maskSecrets(message))
  }

  /** What is said of a connector has its name, whoever says it. */
  #isEnabled(level: Exclude<LogLevel, 'silent'>, fields: object): boolean {
    const { levels, name } = this.#parts
    const { connector } = fields as { connector?: unknown }
    const logger = typeof connector === 'string' ? `connectors.${connector}` : name
    return levels.isEnabled(logger, levelOf[level])
  }
}

/** The file descriptor itself: `process.stdout` of a worker thread goes through the main thread, and a line written last would be lost. */
function standardOutput(): DestinationStream {
  const stream = destination({ fd: 1, sync: true })
  // Whoever read our lines has gone (`| head`): no reason to end.
  stream.on('error', () => {})
  return stream
}
