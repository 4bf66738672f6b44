import {
  type DestinationStream,
  destination,
  type Logger as Pino,
  pino,
  stdTimeFunctions,
} from 'pino'
import type { Logger } from '../api/logger.ts'
import { maskSecrets } from '../api/secrets.ts'
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

/** JSON lines. A warning that repeats is sampled: the first few of a minute are written, then a line that counts what was withheld. */
export class JsonLogger implements Logger {
  readonly #pino: Pino
  readonly #sampler: Sampler
  readonly #context: string

  private constructor(parent: Pino, sampler: Sampler, context: string) {
    this.#pino = parent
    this.#sampler = sampler
    this.#context = context
  }

  static create(options: JsonLoggerOptions = {}): JsonLogger {
    const root = pino(
      {
        level: options.level ?? 'info',
        base: null,
        timestamp: stdTimeFunctions.isoTime,
        // Fields come redacted, errors among them.
        serializers: { err: (error: unknown) => error },
        formatters: { level: (level) => ({ level }) },
      },
      options.destination ?? standardOutput(),
    )
    return new JsonLogger(root, new Sampler(options.sampling), '')
  }

  /** A logger whose every line carries these fields. */
  child(fields: object): JsonLogger {
    const bindings = redacted(fields)
    const context = this.#context + JSON.stringify(bindings)
    return new JsonLogger(this.#pino.child(bindings), this.#sampler, context)
  }

  debug(fields: object, message: string): void {
    this.#write('debug', fields, message)
  }

  info(fields: object, message: string): void {
    this.#write('info', fields, message)
  }

  warn(fields: object, message: string): void {
    if (!this.#pino.isLevelEnabled('warn')) return
    const { connector, task } = fields as { connector?: unknown; task?: unknown }
    const kind = JSON.stringify([this.#context, connector, task, message])
    const report = (withheld: number) =>
      this.#write('warn', { connector, task, withheld, windowMs: this.#sampler.windowMs }, message)
    if (this.#sampler.admits(kind, report)) this.#write('warn', fields, message)
  }

  error(fields: object, message: string): void {
    this.#write('error', fields, message)
  }

  /** Writes the counts of what is being withheld. The logger works on. */
  flush(): void {
    this.#sampler.flush()
  }

  #write(level: Exclude<LogLevel, 'silent'>, fields: object, message: string): void {
    if (this.#pino.isLevelEnabled(level)) this.#pino[level](redacted(fields), maskSecrets(message))
  }
}

/** The file descriptor itself: `process.stdout` of a worker thread goes through the main thread, and a line written last would be lost. */
function standardOutput(): DestinationStream {
  const stream = destination({ fd: 1, sync: true })
  // Whoever read our lines has gone (`| head`): no reason to end.
  stream.on('error', () => {})
  return stream
}
