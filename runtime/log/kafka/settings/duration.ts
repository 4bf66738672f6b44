const iso = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,9})?)S)?)?$/

/** Milliseconds of an ISO 8601 duration as java.time.Duration reads it, days at most; undefined when it is none. */
export function durationMs(text: string): number | undefined {
  const upper = text.toUpperCase()
  const parts = iso.exec(upper)
  if (!parts || upper.endsWith('T') || upper === 'P') return undefined
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts
    .slice(1)
    .map((part) => Number(part ?? 0))
  return Math.round((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000)
}
