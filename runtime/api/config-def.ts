import type { Password } from './password.ts'

export type ConfigType =
  | 'boolean'
  | 'string'
  | 'int'
  | 'short'
  | 'long'
  | 'double'
  | 'list'
  | 'class'
  | 'password'

export type Importance = 'high' | 'medium' | 'low'
export type Width = 'none' | 'short' | 'medium' | 'long'

/** A problem's text: a string becomes `Invalid value V for configuration KEY: TEXT`; `{ message }` stands as it is; undefined is fine. */
export type Problem = string | { readonly message: string } | undefined

/** Checks a parsed value; null when the key is absent without a default, null, or could not be parsed. */
export type Validator = (value: unknown, key: string) => Problem

/** What a recommender or a visibility rule sees: the parsed values so far, null for what could not be parsed. */
export type ParsedValues = Readonly<Record<string, unknown>>

/** One key of a configuration. Without `default` it is required; `default: null` means that absent is meaningful. */
export interface ConfigKey {
  readonly type: ConfigType
  readonly importance: Importance
  /** Shape, unit, meaning: one or two sentences for the reference. */
  readonly doc: string
  readonly default?: unknown
  /** The only texts allowed, in exactly this case (`String must be one of: …`). */
  readonly oneOf?: readonly string[]
  /** Further checks, after `oneOf`. */
  readonly validator?: Validator
  /** Values that a form may offer. They restrict nothing. */
  readonly recommended?: (values: ParsedValues) => readonly unknown[]
  /** Whether a form shows the key, given the others. */
  readonly visible?: (values: ParsedValues) => boolean
  /** Keys whose recommended values or visibility hang on this one. */
  readonly dependents?: readonly string[]
  readonly group?: string
  readonly orderInGroup?: number
  readonly width?: Width
  readonly displayName?: string
  /** A renamed or dying key: still accepted, warns once. `use` names its successor, which receives the value when it is itself absent. */
  readonly deprecated?: {
    readonly since: string
    readonly use?: string
    readonly why?: string
  }
  /** Accepted, but not shown in docs, listings and forms. */
  readonly internal?: boolean
}

/** The keys of a plugin, in the order in which they are documented. The one place where a plugin speaks of its configuration. */
export type ConfigDef = Readonly<Record<string, ConfigKey>>

interface ValueOf {
  boolean: boolean
  string: string
  int: number
  short: number
  long: number
  double: number
  list: readonly string[]
  class: string
  password: Password
}

type Base<K extends ConfigKey> = K extends { oneOf: readonly (infer U)[] } ? U : ValueOf[K['type']]
type Value<K extends ConfigKey> = Base<K> | (K extends { default: null } ? null : never)

/** The parsed configuration of a `configDef`, as its task gets it. */
export type ConfigOf<D extends ConfigDef> = {
  readonly [N in keyof D]: Value<D[N]>
}

/** Declares the keys; a typo in an attribute is a type error. */
export function configDef<const D extends ConfigDef>(def: D): D {
  return def
}

/** Raw configuration as it is stored: text only; null where a client sent null. */
export type RawConfig = Readonly<Record<string, string | null>>
