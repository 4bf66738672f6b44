/** As Kafka Connect names them, the most talkative first. */
export const levelNames = [
  'ALL',
  'TRACE',
  'DEBUG',
  'INFO',
  'WARN',
  'ERROR',
  'FATAL',
  'OFF',
] as const
export type LevelName = (typeof levelNames)[number]

export interface LoggerLevel {
  readonly level: LevelName
  /** When it was last changed by hand, in ms since 1970. */
  readonly last_modified: number | null
}

const root = 'root'
/** I6: the names that a client may make. */
const mostLoggers = 10_000

/** Which lines are written: a level for each logger by its name; what has none follows the first part of its name, then `root`. */
export class LogLevels {
  readonly #levels = new Map<string, LoggerLevel | null>()

  constructor(level: LevelName) {
    this.#levels.set(root, { level, last_modified: null })
  }

  /** There is such a logger, without a level of its own. */
  add(name: string): void {
    if (!this.#levels.has(name)) this.#levels.set(name, null)
  }

  isEnabled(name: string, level: LevelName): boolean {
    return levelNames.indexOf(level) >= levelNames.indexOf(this.#effective(name).level)
  }

  all(): Readonly<Record<string, LoggerLevel>> {
    const names = [...this.#levels.keys()].sort()
    return Object.fromEntries(names.map((name) => [name, this.#effective(name)]))
  }

  level(name: string): LoggerLevel | undefined {
    return this.#levels.has(name) ? this.#effective(name) : undefined
  }

  /** This logger and all whose names begin like it; `root`: all. It is made when there is none. Returns those whose level changed; undefined for no level. */
  set(name: string, text: string): readonly string[] | undefined {
    const level = levelNames.find((each) => each === text.toUpperCase())
    if (level === undefined) return undefined
    if (!this.#levels.has(name) && this.#levels.size < mostLoggers) this.#levels.set(name, null)
    const names = [...this.#levels.keys()].filter((each) => name === root || each.startsWith(name))
    // First all of them: what one follows may be among them.
    const changed = names.filter((each) => this.#effective(each).level !== level)
    for (const each of names) {
      const last_modified = changed.includes(each)
        ? Date.now()
        : this.#effective(each).last_modified
      this.#levels.set(each, { level, last_modified })
    }
    return changed.sort()
  }

  #effective(name: string): LoggerLevel {
    const [first = ''] = name.split('.', 1)
    const own = this.#levels.get(name) ?? this.#levels.get(first)
    return own ?? (this.#levels.get(root) as LoggerLevel)
  }
}
