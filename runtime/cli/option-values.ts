import { InvalidArgumentError } from 'commander'

/** For a commander option that counts something. */
export function wholeNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number.')
}

export function portNumber(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  throw new InvalidArgumentError('It must be a port from 0 (a free one) to 65535.')
}

/** `earliest`, an offset, or a time. */
export function positionInLog(text: string): 'earliest' | number | { readonly timeMs: number } {
  if (text === 'earliest') return text
  if (/^\d{1,15}$/.test(text)) return Number(text)
  const timeMs = Date.parse(text)
  if (!Number.isNaN(timeMs)) return { timeMs }
  throw new InvalidArgumentError(
    'It must be earliest, an offset, or a time as 2026-01-31T12:00:00Z.',
  )
}
