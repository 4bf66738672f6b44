import type { TokenSource } from './sasl.ts'

export interface Token {
  readonly value: string
  /** When it ends, in ms since the epoch; null when nobody says. */
  readonly endsAt: number | null
}

/** Share of its life after which a token is asked for anew; Java's default. */
const RENEW_AFTER = 0.8

/** Asks for a token when there is none or 80 % of its life are over; while a new one cannot be had, the old one does until it ends. */
export function cachedToken(ask: () => Promise<Token>, now: () => number = Date.now): TokenSource {
  let token: Token | undefined
  let renewAt = 0
  let asking: Promise<Token> | undefined
  return async () => {
    if (token && now() < renewAt) return token.value
    asking ??= ask().finally(() => {
      asking = undefined
    })
    try {
      token = await asking
      const life = token.endsAt === null ? 0 : token.endsAt - now()
      renewAt = now() + life * RENEW_AFTER
    } catch (error) {
      if (!token?.endsAt || now() >= token.endsAt) throw error
    }
    return token.value
  }
}
