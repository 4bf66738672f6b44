import { atLeast, type ConfigKey } from '../../runtime/api/index.ts'
import { onlyYet } from './later.ts'
import { parseJdbcUrl, serverTypes, sslModes } from './url.ts'

/** A driver parameter as a key: `connection.sslmode` is `sslmode` of the URL. */
function driverKey<const T extends 'string' | 'password'>(type: T, doc: string) {
  return { type, importance: 'low', doc, default: null, group: 'Driver', internal: true } as const
}

/** Where the database is, and how to get in. */
export const connectionKeys = {
  'connection.url': {
    type: 'string',
    importance: 'high',
    doc: 'JDBC URL of the database: jdbc:postgresql://host[:port][,…]/database[?parameter=value&…].',
    group: 'Connection',
    validator: (value) => {
      if (value === null) return undefined
      try {
        parseJdbcUrl(String(value))
        return undefined
      } catch (error) {
        return { message: (error as Error).message }
      }
    },
  },
  'connection.user': {
    type: 'string',
    importance: 'high',
    doc: 'User name.',
    default: null,
    group: 'Connection',
  },
  'connection.password': {
    type: 'password',
    importance: 'high',
    doc: 'Password.',
    default: null,
    group: 'Connection',
  },
  'jdbc.credentials.provider.class': {
    type: 'class',
    importance: 'low',
    doc: 'A Java class that hands out credentials. There are none here: user and password come from the two keys above, whose values may refer to a secret.',
    default: 'io.confluent.connect.jdbc.util.DefaultJdbcCredentialsProvider',
    group: 'Connection',
    validator: onlyYet(
      'io.confluent.connect.jdbc.util.DefaultJdbcCredentialsProvider',
      'Credential providers are',
    ),
  },
  'dialect.name': {
    type: 'string',
    importance: 'low',
    doc: 'Dialect; empty: chosen by the URL.',
    default: '',
    group: 'Connection',
    recommended: () => ['', 'PostgreSqlDatabaseDialect'],
    validator: (value) =>
      ['', 'postgresqldatabasedialect'].includes(String(value ?? '').toLowerCase())
        ? undefined
        : {
            message: `Unable to find dialect with name '${value}' in the available dialects: [PostgreSqlDatabaseDialect]`,
          },
  },
  'connection.attempts': {
    type: 'int',
    importance: 'low',
    doc: 'Kept for configurations written for Connect: a connection that cannot be opened is tried for as long as it takes.',
    default: 3,
    validator: atLeast(1),
    group: 'Connection',
  },
  'connection.backoff.ms': {
    type: 'long',
    importance: 'low',
    doc: 'Kept for configurations written for Connect: waits grow by themselves.',
    default: 10_000,
    group: 'Connection',
  },
  'connection.ssl': driverKey('string', 'true: as sslmode=verify-full.'),
  'connection.sslmode': {
    ...driverKey('string', 'Encryption, and whom to trust; default prefer.'),
    oneOf: sslModes,
  },
  'connection.sslrootcert': driverKey('string', 'File with the authorities to trust, PEM.'),
  'connection.sslcert': driverKey('string', 'File with the client certificate, PEM.'),
  'connection.sslkey': driverKey('string', 'File with the client key, PEM or PK8.'),
  'connection.sslpassword': driverKey('password', 'Pass phrase of the client key.'),
  'connection.currentSchema': driverKey('string', 'Search path.'),
  'connection.ApplicationName': driverKey('string', 'Name shown in pg_stat_activity.'),
  'connection.options': driverKey('string', 'Server settings: -c name=value …'),
  'connection.connectTimeout': driverKey(
    'string',
    'Seconds until a connection attempt is given up.',
  ),
  'connection.loginTimeout': driverKey('string', 'As connectTimeout; wins over it.'),
  'connection.socketTimeout': driverKey(
    'string',
    'Seconds until an answer is no longer awaited; default 180.',
  ),
  'connection.tcpKeepAlive': driverKey('string', 'Keep-alive is always on.'),
  'connection.targetServerType': {
    ...driverKey(
      'string',
      'Which of several servers to take; default any: the first that takes writes.',
    ),
    oneOf: serverTypes,
  },
} as const satisfies Record<string, ConfigKey>
