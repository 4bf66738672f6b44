import { availableParallelism } from 'node:os'
import convict from 'convict'

/** Keys that Kafka Connect does not have. Strict formats: convict's own read `8O83` as 8 and `no` as true. */
const wholeNumber = {
  name: 'whole-number',
  coerce: (text: string) => (/^\d{1,15}$/.test(text) ? Number(text) : text),
  validate: (value: unknown) => {
    if (!Number.isSafeInteger(value) || (value as number) < 0)
      throw new Error(`must be a whole number, not ${JSON.stringify(value)}`)
  },
}
const positive = {
  ...wholeNumber,
  name: 'positive',
  validate: (value: unknown) => {
    if (!Number.isSafeInteger(value) || (value as number) < 1)
      throw new Error(`must be a whole number from 1 on, not ${JSON.stringify(value)}`)
  },
}
const port = {
  ...wholeNumber,
  name: 'port-number',
  validate: (value: unknown) => {
    if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > 65_535)
      throw new Error(`must be a port from 0 (a free one) to 65535, not ${JSON.stringify(value)}`)
  },
}
const flag = {
  name: 'flag',
  coerce: (text: string) =>
    /^(true|false)$/i.test(text.trim()) ? text.trim().toLowerCase() === 'true' : text,
  validate: (value: unknown) => {
    if (typeof value !== 'boolean')
      throw new Error(`must be true or false, not ${JSON.stringify(value)}`)
  },
}
const path = {
  name: 'path',
  validate: (value: unknown) => {
    if (typeof value !== 'string' || value === '' || value.includes('\0'))
      throw new Error(`must be a path, not ${JSON.stringify(value)}`)
  },
}
for (const format of [wholeNumber, positive, port, flag, path]) convict.addFormat(format)

const levels = ['debug', 'info', 'warn', 'error', 'silent'] as const

const schema = {
  data: {
    dir: {
      doc: 'Folder of the embedded log.',
      format: 'path',
      default: '.tapline',
      env: 'TAPLINE_DATA_DIR',
    },
  },
  port: {
    doc: 'Port of the REST API, whatever `listeners` says of it; 0 takes a free one.',
    format: 'port-number',
    default: null as number | null,
    nullable: true,
    env: 'TAPLINE_PORT',
  },
  rest: {
    allow: {
      insecure: {
        doc: 'Listen for other machines without TLS and credentials.',
        format: 'flag',
        default: false,
        env: 'TAPLINE_REST_ALLOW_INSECURE',
      },
    },
    body: {
      max: {
        bytes: {
          doc: 'Longest body of a request; beyond it 413.',
          format: 'whole-number',
          default: 8 * 1024 * 1024,
          env: 'TAPLINE_REST_BODY_MAX_BYTES',
        },
      },
      timeout: {
        ms: {
          doc: 'How long a request may take to arrive; then 408.',
          format: 'whole-number',
          default: 30_000,
          env: 'TAPLINE_REST_BODY_TIMEOUT_MS',
        },
      },
    },
  },
  tasks: {
    threads: {
      doc: 'Most threads that run tasks; 0 runs them in the main thread. Default: the number of cores.',
      format: 'whole-number',
      default: availableParallelism(),
      env: 'TAPLINE_TASKS_THREADS',
    },
  },
  topic: {
    partitions: {
      doc: 'Partitions of a topic that is made by the first record written to it.',
      format: 'positive',
      default: 1,
      env: 'TAPLINE_TOPIC_PARTITIONS',
    },
  },
  log: {
    level: {
      doc: 'What is logged at least: debug, info, warn, error, silent.',
      format: levels,
      default: 'info' as (typeof levels)[number],
      env: 'TAPLINE_LOG_LEVEL',
    },
  },
}

export const ownKeys = [
  'data.dir',
  'port',
  'rest.allow.insecure',
  'rest.body.max.bytes',
  'rest.body.timeout.ms',
  'tasks.threads',
  'topic.partitions',
  'log.level',
] as const

export type OwnKey = (typeof ownKeys)[number]
type Given = Readonly<Record<string, string | number | boolean>>

/** Flag, else environment, else file, else default. `problems`: what is wrong with which key. */
export function readOwnKeys(
  file: Given,
  env: NodeJS.ProcessEnv,
  flags: Given,
): { readonly values: OwnValues; readonly problems: readonly (readonly [string, string])[] } {
  const values: OwnValues = convict(schema, { env, args: [] })
  values.load(nested(file))
  for (const [key, value] of Object.entries(flags)) values.set(key, value)
  return { values, problems: problemsOf(values) }
}

export type OwnValues = convict.Config<typeof schema extends convict.Schema<infer T> ? T : never>

export interface OwnKeyDoc {
  readonly key: OwnKey
  readonly environment: string
  /** Null: none, or one that depends on the machine. */
  readonly default: string | null
  readonly doc: string
}

/** For the reference. */
export function ownKeyDocs(): OwnKeyDoc[] {
  return ownKeys.map((key) => {
    const entry = key
      .split('.')
      .reduce<unknown>((node, name) => (node as Record<string, unknown>)[name], schema)
    const { doc, env, default: standard } = entry as { doc: string; env: string; default: unknown }
    const depends = standard === null || key === 'tasks.threads'
    return { key, environment: env, default: depends ? null : String(standard), doc }
  })
}

/** Names of the environment that mean a key. */
export function environmentNames(): string[] {
  return Array.from(JSON.stringify(schema).matchAll(/"env":"(\w+)"/g), ([, name]) => name as string)
}

/** convict says every problem in one text: a line each, the key first. */
function problemsOf(values: OwnValues): (readonly [string, string])[] {
  try {
    values.validate({ allowed: 'strict' })
    return []
  } catch (error) {
    return (error as Error).message.split('\n').map((line) => {
      const [key = '', ...rest] = line.split(': ')
      return [key, `${key} ${rest.join(': ').replace(/: value was .*$/, '')}`] as const
    })
  }
}

/** `{ 'data.dir': x }` → `{ data: { dir: x } }`, as convict keeps keys. */
function nested(flat: Given): object {
  const root: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(flat)) {
    const [last = key, ...outer] = key.split('.').reverse()
    place(root, outer.reverse())[last] = value
  }
  return root
}

function place(root: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return names.reduce((node, name) => {
    node[name] ??= {}
    return node[name] as Record<string, unknown>
  }, root)
}
