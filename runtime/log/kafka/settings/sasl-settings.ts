import { type ConfigOf, Password } from '../../../api/index.ts'
import type { Sasl } from '../connection/sasl.ts'
import { type LoginModule, parseJaas } from './jaas.ts'
import type { Remark } from './parsed-settings.ts'
import type { securityKeys } from './security-keys.ts'
import { tokenSource } from './token-source.ts'

type Values = ConfigOf<typeof securityKeys>

export interface SaslSettings {
  readonly sasl: Sasl | null
  readonly problems: readonly Remark[]
}

const spoken = 'PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER'

/** The `sasl.*` keys → how a connection proves who it is. Secrets do not show when that is printed (I5). */
export function saslSettings(values: Values): SaslSettings {
  const mechanism = values['sasl.mechanism']?.toUpperCase()
  const problem = (key: string, message: string): SaslSettings => ({
    sasl: null,
    problems: [[key, message]],
  })
  if (mechanism === undefined)
    return problem('sasl.mechanism', `sasl.mechanism is missing: set it to one of ${spoken}.`)
  const find = mechanisms[mechanism]
  if (!find)
    return problem(
      'sasl.mechanism',
      `sasl.mechanism: ${mechanism} is not spoken here, which is one of ${spoken}.`,
    )
  const text = values['sasl.jaas.config']?.reveal()
  if (!text)
    return problem(
      'sasl.jaas.config',
      `sasl.jaas.config is missing for sasl.mechanism=${mechanism}.`,
    )
  try {
    return { sasl: find(parseJaas(text), values), problems: [] }
  } catch (error) {
    return problem('sasl.jaas.config', (error as Error).message)
  }
}

const mechanisms: Readonly<Record<string, (module: LoginModule, values: Values) => Sasl>> = {
  PLAIN: (module) => ({ mechanism: 'PLAIN', ...user(module, 'PlainLoginModule') }),
  'SCRAM-SHA-256': (module) => ({
    mechanism: 'SCRAM-SHA-256',
    ...user(module, 'ScramLoginModule'),
  }),
  'SCRAM-SHA-512': (module) => ({
    mechanism: 'SCRAM-SHA-512',
    ...user(module, 'ScramLoginModule'),
  }),
  OAUTHBEARER: (module, values) => {
    if (module.name !== 'OAuthBearerLoginModule')
      throw wrongModule(module, 'OAuthBearerLoginModule')
    const { options } = module
    return {
      mechanism: 'OAUTHBEARER',
      token: tokenSource(options, values),
      extensions: extensions(options),
    }
  },
}

function user(module: LoginModule, expected: string) {
  const { name, options } = module
  if (name !== expected) throw wrongModule(module, expected)
  const { username, password } = options
  if (username === undefined || password === undefined)
    throw new Error(`sasl.jaas.config: ${name} needs the options username="…" and password="…"`)
  if (options['tokenauth'] === 'true')
    throw new Error('sasl.jaas.config: delegation tokens (tokenauth) are not spoken here')
  return { username, password: new Password(password) }
}

function wrongModule({ name }: LoginModule, expected: string): Error {
  return new Error(`sasl.jaas.config: ${name} does not fit sasl.mechanism, which needs ${expected}`)
}

/** `extension_traceId="…"`, and `unsecuredLoginExtension_traceId="…"` of unsecured tokens. */
function extensions(options: LoginModule['options']): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(options).flatMap(([key, value]) => {
      const [, name] = /^(?:extension_|unsecuredLoginExtension_)([A-Za-z]+)$/.exec(key) ?? []
      return name === undefined || name === 'auth' ? [] : [[name, value]]
    }),
  )
}
