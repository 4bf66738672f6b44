import type { Password } from '../../../api/index.ts'

/** Gives a token that is valid now. */
export type TokenSource = () => Promise<string>

/** How a connection proves who we are. */
export type Sasl =
  | {
      readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
      readonly username: string
      readonly password: Password
    }
  | {
      readonly mechanism: 'OAUTHBEARER'
      readonly token: TokenSource
      readonly extensions: Readonly<Record<string, string>>
    }
