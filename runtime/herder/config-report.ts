import { type ConfigDef, type ConfigKey, type ConfigValue, showValue } from '../api/index.ts'
import type { ConfigInfo, ConfigInfos, ConfigKeyInfo } from './herder.ts'

/** What is known of one key so far. */
interface Row {
  readonly key: ConfigKey | null
  value: unknown
  text: string | null
  readonly errors: string[]
  readonly recommended: readonly string[]
  readonly visible: boolean
}

/** Whether each text of a row counts as an error, or the row as one: so Kafka Connect counts for a connector and for its clients. */
type Counting = 'texts' | 'rows'

/** A validate answer in the making: every key, every problem. */
export class ConfigReport {
  readonly #undeclared = new Map<string, Row>()
  readonly #declared = new Map<string, Row>()
  /** Client overrides and converter keys, which come last and count differently. */
  readonly #appended = new Map<string, Row>()
  readonly #groups = new Set<string>()
  readonly #accepted = new Set<string>()

  /** Keys declared before keep their place, and get the new definition. */
  declare(def: ConfigDef, values: readonly ConfigValue[], counting: Counting = 'texts'): void {
    const rows = counting === 'texts' ? this.#declared : this.#appended
    for (const { name, value, text, errors, recommended, visible } of values) {
      const key = def[name] as ConfigKey
      if (key.internal && errors.length === 0) continue
      if (key.group !== undefined) this.#groups.add(key.group)
      rows.set(name, { key, value, text, errors: [...errors], recommended, visible })
    }
  }

  /** A key that only the body knows. */
  append(name: string, text: string | null): void {
    this.#appended.set(name, { ...unknownRow(), text })
  }

  has(name: string): boolean {
    return this.#row(name) !== undefined
  }

  /** Keys that mean something though the answer does not show them. */
  accept(names: Iterable<string>): void {
    for (const name of names) this.#accepted.add(name)
  }

  /** Whether anybody reads the key. */
  isRead(name: string): boolean {
    return this.has(name) || this.#accepted.has(name)
  }

  errorsOf(name: string): readonly string[] {
    return this.#row(name)?.errors ?? []
  }

  get hasErrors(): boolean {
    return this.errors().length > 0
  }

  /** Names, definitions and parsed values of what is declared and right so far. */
  *right(): IterableIterator<readonly [name: string, key: ConfigKey, value: unknown]> {
    for (const rows of [this.#declared, this.#appended]) {
      for (const [name, { key, value, errors }] of rows) {
        if (key !== null && errors.length === 0) yield [name, key, value]
      }
    }
  }

  /** Why a key is not to be used any more, if so. */
  deprecation(name: string): ConfigKey['deprecated'] {
    return this.#row(name)?.key?.deprecated
  }

  value(name: string): unknown {
    return this.#row(name)?.value ?? null
  }

  setText(name: string, text: string | null): void {
    const row = this.#row(name)
    if (row === undefined) return
    row.text = text
    row.value = text
  }

  addError(name: string, text: string): void {
    let row = this.#row(name)
    if (row === undefined) {
      row = unknownRow()
      this.#undeclared.set(name, row)
    }
    row.errors.push(text)
  }

  /** Every text, in the order of the answer. */
  errors(): string[] {
    return [...this.#rows()].flatMap(([, { errors }]) => errors)
  }

  toInfos(name: string): ConfigInfos {
    const count = (rows: Iterable<Row>, of: (errors: readonly string[]) => number): number =>
      [...rows].reduce((sum, { errors }) => sum + of(errors), 0)
    return {
      name,
      error_count:
        count(this.#undeclared.values(), (errors) => errors.length) +
        count(this.#declared.values(), (errors) => errors.length) +
        count(this.#appended.values(), (errors) => Math.min(1, errors.length)),
      groups: [...this.#groups],
      configs: [...this.#rows()].map(([key, row]) => configInfo(key, row)),
    }
  }

  #row(name: string): Row | undefined {
    return this.#declared.get(name) ?? this.#appended.get(name) ?? this.#undeclared.get(name)
  }

  *#rows(): IterableIterator<readonly [string, Row]> {
    yield* this.#undeclared
    yield* this.#declared
    yield* this.#appended
  }
}

/** The `definition` of an answer. */
export function keyInfo(name: string, key: ConfigKey): ConfigKeyInfo {
  const order = key.orderInGroup ?? -1
  return {
    name,
    type: key.type.toUpperCase(),
    required: !Object.hasOwn(key, 'default'),
    default_value: showValue(key.default, key.type),
    importance: key.importance.toUpperCase() as Uppercase<typeof key.importance>,
    documentation: key.doc,
    group: key.group ?? null,
    order_in_group: order,
    width: (key.width ?? 'none').toUpperCase() as ConfigKeyInfo['width'],
    display_name: key.displayName ?? name,
    dependents: key.dependents ?? [],
    order,
  }
}

/** What a plugin's keys look like in an answer; internal ones are left out. */
export function keyInfos(def: ConfigDef): ConfigKeyInfo[] {
  return Object.entries(def)
    .filter(([, key]) => !key.internal)
    .map(([name, key]) => keyInfo(name, key))
}

function configInfo(name: string, { key, text, errors, recommended, visible }: Row): ConfigInfo {
  return {
    definition: key && keyInfo(name, key),
    value: { name, value: text, recommended_values: recommended, errors, visible },
  }
}

function unknownRow(): Row {
  return { key: null, value: null, text: null, errors: [], recommended: [], visible: true }
}
