import {
  AlreadyExistsException,
  BadRequestException,
  type Code,
  type ConfigDef,
  ConfigException,
  type ConfigKey,
  ConflictException,
  ConnectException,
  CorruptException,
  codes,
  DataException,
  FencedException,
  NotFoundException,
  RetriableException,
  SchemaBuilderException,
  showValue,
  TimeoutException,
} from '../api/index.ts'
import type { OwnKeyDoc } from '../config/own-keys.ts'
import type { Plugin } from '../plugins/plugin.ts'
import type { Difference } from '../rest/differences.ts'

/** Tables of the reference, from declarations. Pure: text in, text out. */

export function keysTable(def: ConfigDef): string {
  const shown = Object.entries(def).filter(([, key]) => !key.internal)
  return table(
    ['key', 'type', 'default', 'meaning'],
    shown.map(([name, key]) => [`\`${name}\``, typeOf(key), defaultOf(key), meaningOf(key)]),
  )
}

export function ownKeysTable(keys: readonly OwnKeyDoc[]): string {
  return table(
    ['key', 'environment', 'default', 'meaning'],
    keys.map(({ key, environment, default: standard, doc }) => [
      `\`${key}\``,
      `\`${environment}\``,
      standard === null ? '–' : `\`${standard}\``,
      doc,
    ]),
  )
}

function typeOf({ type, oneOf }: ConfigKey): string {
  return oneOf ? oneOf.map((word) => `\`${word}\``).join(', ') : type
}

function defaultOf(key: ConfigKey): string {
  if (!Object.hasOwn(key, 'default')) return '**required**'
  const text = showValue(key.default, key.type)
  return text === null ? '–' : text === '' ? 'empty' : `\`${text}\``
}

function meaningOf({ doc, deprecated }: ConfigKey): string {
  if (!deprecated) return doc
  const instead = deprecated.use ? `, use \`${deprecated.use}\`` : ''
  return `${doc} *Deprecated since ${deprecated.since}${instead}.*`
}

const kinds: Record<Plugin['kind'], string> = {
  source: 'Sources',
  sink: 'Sinks',
  transformation: 'Transformations',
  predicate: 'Predicates',
  converter: 'Converters',
  header_converter: 'Header converters',
}

export function pluginTable(plugins: readonly Plugin[]): string {
  return table(
    ['kind', 'classes', 'what it does'],
    Object.entries(kinds).flatMap(([kind, title]) =>
      Array.from(
        Map.groupBy(
          plugins.filter((plugin) => plugin.kind === kind),
          ({ definition }) => definition.doc,
        ),
        ([doc, same], i) => [
          i === 0 ? title : '',
          same.map((plugin) => `\`${plugin.class}\``).join(', '),
          doc,
        ],
      ),
    ),
  )
}

const whoThrows: Record<Code, readonly [string, string]> = {
  CONNECT_ERROR: [ConnectException.name, 'The task fails, with this text and its cause.'],
  CONNECT_RETRIABLE: [
    RetriableException.name,
    'A system is down, full or locked: the same call comes again, after `afterMs` or a backoff.',
  ],
  CONNECT_DATA: [DataException.name, 'This record is bad.'],
  CONNECT_SCHEMA_BUILDER: [
    SchemaBuilderException.name,
    'A schema that cannot be built; a DataException.',
  ],
  CONNECT_BATCH: [
    'BatchException',
    'Only the named records of a `put` are bad; the others were written.',
  ],
  CONNECT_CONFIG: [ConfigException.name, 'REST answers 400 with every key; a task is not started.'],
  CONNECT_NOT_FOUND: [NotFoundException.name, 'REST answers 404.'],
  CONNECT_ALREADY_EXISTS: [AlreadyExistsException.name, 'REST answers 409.'],
  CONNECT_CONFLICT: [ConflictException.name, 'REST answers 409: another request is under way.'],
  CONNECT_BAD_REQUEST: [BadRequestException.name, "REST answers 400: the caller's mistake."],
  CONNECT_FENCED: [
    FencedException.name,
    'A member speaks for a generation that is over: it gives its partitions up.',
  ],
  CONNECT_CORRUPT: [
    CorruptException.name,
    'What the log holds there is damaged; the text names topic, partition and offsets.',
  ],
  CONNECT_TIMEOUT: [TimeoutException.name, 'A call took longer than its deadline.'],
}

export function differenceTable(differences: readonly Difference[]): string {
  return table(
    ['where', 'Kafka Connect', 'Tapline', 'why'],
    differences.map(({ where, connect, tapline, why }) => [where, connect, tapline, why]),
  )
}

export function errorTable(): string {
  return table(
    ['code', 'class', 'what the host does'],
    codes.map((code) => [`\`${code}\``, ...whoThrows[code]]),
  )
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
