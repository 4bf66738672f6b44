/** What a JDBC URL says, for Postgres. */
export interface JdbcUrl {
  readonly hosts: readonly { readonly host: string; readonly port: number }[]
  /** Null: named like the user. */
  readonly database: string | null
  readonly parameters: ReadonlyMap<string, string>
}

export class JdbcUrlProblem extends Error {
  override name = 'JdbcUrlProblem'
}

const shape = /^jdbc:([^:]+):(.*)$/s
/** Speak Postgres' protocol and most of its SQL. */
const postgresLike = new Set(['postgresql', 'redshift', 'cockroachdb', 'yugabytedb'])
const laterLike = new Set(['mysql', 'mariadb'])

/** The driver parameters that mean something here, in the URL or as `connection.NAME`; others tune a driver that is not this one. */
export const driverParameters = [
  'user',
  'password',
  'ssl',
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'sslpassword',
  'currentSchema',
  'ApplicationName',
  'options',
  'connectTimeout',
  'loginTimeout',
  'socketTimeout',
  'tcpKeepAlive',
  'targetServerType',
] as const

export type DriverParameter = (typeof driverParameters)[number]
export type Parameters = Partial<Record<DriverParameter, string>>

/** `jdbc:postgresql:[//host[:port][,…]/][database][?name=value&…]`; throws JdbcUrlProblem, with secrets masked. */
export function parseJdbcUrl(text: string): JdbcUrl {
  const match = shape.exec(text)
  if (!match) throw new JdbcUrlProblem(`Not a valid JDBC URL: ${maskedUrl(text)}`)
  const [, subprotocol = '', subname = ''] = match
  requirePostgres(subprotocol.toLowerCase())
  const question = subname.indexOf('?')
  const location = question < 0 ? subname : subname.slice(0, question)
  const parameters = question < 0 ? new Map() : parseParameters(subname.slice(question + 1))
  requireAvailable(parameters)
  try {
    return { ...parseLocation(location), parameters }
  } catch (error) {
    throw new JdbcUrlProblem(
      `Not a valid JDBC URL: ${maskedUrl(text)} (${(error as Error).message})`,
    )
  }
}

/** For logs and messages: no password, whatever the parameter is called (I5). */
export function maskedUrl(text: string): string {
  return text
    .replace(/([?&;][^=&;]*password[^=&;]*=)[^&;]*/gi, '$1****')
    .replace(/(\/\/[^/?#@]*?:)[^/?#@]*@/, '$1****@')
    .replace(/([(,]\s*password\s*=)[^),]*/gi, '$1****')
}

function requirePostgres(subprotocol: string): void {
  if (postgresLike.has(subprotocol)) return
  throw new JdbcUrlProblem(
    laterLike.has(subprotocol)
      ? `jdbc:${subprotocol}: is not available yet: only jdbc:postgresql: is`
      : `jdbc:${subprotocol}: is not supported; jdbc:postgresql: is (redshift, cockroachdb and yugabytedb are taken for it)`,
  )
}

export const sslModes = [
  'disable',
  'allow',
  'prefer',
  'require',
  'verify-ca',
  'verify-full',
] as const
export const serverTypes = [
  'any',
  'primary',
  'secondary',
  'preferPrimary',
  'preferSecondary',
] as const

/** What would change which server or what rights we get is not passed over in silence. */
function requireAvailable(parameters: ReadonlyMap<string, string>): void {
  const choices = { sslmode: sslModes, targetServerType: serverTypes } as const
  for (const [name, known] of Object.entries(choices)) {
    const value = parameters.get(name)
    if (value !== undefined && !known.some((word) => word.toLowerCase() === value.toLowerCase()))
      throw new JdbcUrlProblem(`${name}=${value} is not available; ${known.join(', ')} are`)
  }
  for (const name of ['loadBalanceHosts', 'readOnly']) {
    if (parameters.get(name)?.toLowerCase() === 'true')
      throw new JdbcUrlProblem(`${name}=true is not available`)
  }
}

function parseLocation(location: string): Pick<JdbcUrl, 'hosts' | 'database'> {
  if (!location.startsWith('//')) {
    const name = location.replace(/^\//, '')
    return { hosts: [{ host: 'localhost', port: 5432 }], database: decoded(name) || null }
  }
  const slash = location.indexOf('/', 2)
  const authority = slash < 0 ? location.slice(2) : location.slice(2, slash)
  const database = slash < 0 ? '' : location.slice(slash + 1)
  if (authority.includes('@'))
    throw new Error('user and password belong in connection.user and connection.password')
  return { hosts: authority.split(',').map(parseHost), database: decoded(database) || null }
}

function parseHost(text: string): { host: string; port: number } {
  const match = /^(\[[^\]]+\]|[^:[\]]*)(?::(\d{1,5}))?$/.exec(text.trim())
  const port = Number(match?.[2] ?? 5432)
  if (!match || port < 1 || port > 65535) throw new Error(`"${text}" is no host:port`)
  const host = (match[1] as string).replace(/^\[|\]$/g, '')
  return { host: decoded(host) || 'localhost', port }
}

function parseParameters(text: string): Map<string, string> {
  const parameters = new Map<string, string>()
  for (const pair of text.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = equals < 0 ? pair : pair.slice(0, equals)
    parameters.set(decoded(name), equals < 0 ? '' : decoded(pair.slice(equals + 1)))
  }
  return parameters
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', '%2B'))
  } catch {
    throw new JdbcUrlProblem('Not a valid JDBC URL: a % that starts no escape')
  }
}
