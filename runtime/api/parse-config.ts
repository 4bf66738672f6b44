import type { ConfigDef, ConfigKey, ConfigOf, ConfigType, RawConfig } from './config-def.ts'
import { ConfigException } from './errors.ts'
import { doubleText } from './java-text.ts'
import { Password } from './password.ts'
import { trim } from './text/tokens.ts'

/** What validation says of one key. `text` is the value as answers show it: null when it could not be parsed. */
export interface ConfigValue {
  readonly name: string
  readonly value: unknown
  readonly text: string | null
  readonly errors: readonly string[]
  readonly recommended: readonly string[]
  readonly visible: boolean
}

/** Checks every key as Connect's ConfigDef does, in its words: each problem is kept, a value that cannot be parsed is also validated as null. */
export function validateConfig(def: ConfigDef, raw: RawConfig): ConfigValue[] {
  const given = withSuccessors(def, raw)
  const checked = Object.entries(def).map(([name, key]) => checkKey(name, key, given))
  const values = Object.fromEntries(checked.map(({ name, value }) => [name, value]))
  return checked.map((each) => {
    const key = def[each.name] as ConfigKey
    return {
      ...each,
      recommended: (key.recommended?.(values) ?? []).map(
        (value) => showValue(value, key.type) ?? '',
      ),
      visible: key.visible?.(values) ?? true,
    }
  })
}

/** The typed configuration, or a ConfigException that holds every problem. */
export function parseConfig<const D extends ConfigDef>(def: D, raw: RawConfig): ConfigOf<D> {
  const checked = validateConfig(def, raw)
  const problems = checked.flatMap(({ name, errors }) =>
    errors.map((message) => [name, message] as const),
  )
  if (problems.length > 0) throw new ConfigException(problems)
  return Object.fromEntries(checked.map(({ name, value }) => [name, value])) as ConfigOf<D>
}

/** A value as REST answers and forms show it. */
export function showValue(value: unknown, type: ConfigType): string | null {
  if (value === null || value === undefined) return null
  if (type === 'password') return String(value instanceof Password ? value : '[hidden]')
  if (type === 'double' && typeof value === 'number') return doubleText(value)
  return Array.isArray(value) ? value.join(',') : String(value)
}

/** `Invalid value V for configuration KEY: REASON`. */
export function invalidValue(value: unknown, key: string, reason?: string): string {
  const shown = Array.isArray(value) ? `[${value.join(', ')}]` : String(value ?? null)
  return `Invalid value ${shown} for configuration ${key}${reason ? `: ${reason}` : ''}`
}

function withSuccessors(def: ConfigDef, raw: RawConfig): RawConfig {
  const moved = Object.entries(def).flatMap(([name, { deprecated }]) => {
    const use = deprecated?.use
    const value = raw[name]
    return use === undefined || value === undefined || raw[use] !== undefined ? [] : [[use, value]]
  })
  return moved.length === 0 ? raw : { ...raw, ...Object.fromEntries(moved) }
}

type Checked = Omit<ConfigValue, 'recommended' | 'visible'>

function checkKey(name: string, key: ConfigKey, raw: RawConfig): Checked {
  const errors: string[] = []
  let value: unknown = null
  const text = Object.hasOwn(raw, name) ? raw[name] : undefined
  if (text !== undefined) {
    try {
      value = parseType(text, key.type)
    } catch (error) {
      const shown = key.type === 'password' ? '[hidden]' : text
      errors.push(invalidValue(shown, name, (error as Error).message))
    }
  } else if (!Object.hasOwn(key, 'default')) {
    errors.push(`Missing required configuration "${name}" which has no default value.`)
  } else {
    value = defaultOf(key)
  }
  const problem = problemOf(name, key, value)
  if (problem !== undefined) errors.push(problem)
  return { name, value, text: canonicalText(text, value, key), errors }
}

/** As Java prints the parsed value; digits that no double holds (9223372036854775807) are taken from the text. */
function canonicalText(
  text: string | null | undefined,
  value: unknown,
  key: ConfigKey,
): string | null {
  return typeof value === 'number' && typeof text === 'string' && key.type !== 'double'
    ? String(integerOf(trim(text)))
    : showValue(value, key.type)
}

function defaultOf(key: ConfigKey): unknown {
  const value = key.default
  return key.type === 'password' && typeof value === 'string'
    ? new Password(value)
    : (value ?? null)
}

function problemOf(name: string, key: ConfigKey, value: unknown): string | undefined {
  if (key.oneOf && !(value === null && key.default === null)) {
    if (!key.oneOf.includes(value as string))
      return invalidValue(value, name, `String must be one of: ${key.oneOf.join(', ')}`)
  }
  const problem = key.validator?.(value, name)
  if (problem === undefined) return undefined
  if (typeof problem !== 'string') return problem.message
  return invalidValue(Array.isArray(value) ? value : showValue(value, key.type), name, problem)
}

const integers: Record<'int' | 'short' | 'long', readonly [bigint, bigint]> = {
  short: [-32768n, 32767n],
  int: [-2147483648n, 2147483647n],
  long: [-9223372036854775808n, 9223372036854775807n],
}

/** Parses as ConfigDef.parseType does; the thrown message is the reason alone. */
function parseType(raw: string | null, type: ConfigType): unknown {
  if (raw === null) return null
  const text = trim(raw)
  switch (type) {
    case 'boolean': {
      const word = text.toLowerCase()
      if (word !== 'true' && word !== 'false')
        throw new Error('Expected value to be either true or false')
      return word === 'true'
    }
    case 'password':
      return new Password(text)
    case 'string':
    case 'class':
      return text
    case 'list':
      return text === '' ? [] : text.split(/[ \t\n\v\f\r]*,[ \t\n\v\f\r]*/)
    case 'double': {
      if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[fFdD]?$|^[+-]?(NaN|Infinity)$/.test(text))
        throw new Error('Not a number of type DOUBLE')
      return Number(text.replace(/[fFdD]$/, ''))
    }
    default: {
      const [low, high] = integers[type]
      const whole = integerOf(text)
      if (whole === undefined || whole < low || whole > high)
        throw new Error(`Not a number of type ${type.toUpperCase()}`)
      return Number(whole)
    }
  }
}

function integerOf(text: string): bigint | undefined {
  return /^[+-]?\d+$/.test(text) ? BigInt(text.replace(/^\+/, '')) : undefined
}
