import type { Instant } from '../values.ts'

// The calendar repeats itself every 400 years.
const cycleMs = 146_097n * 86_400_000n

/** An instant's date and time in UTC, also beyond what a `Date` reaches: `date` is some 400 years shifted, `year` is the true one. */
export function civilTime(instant: Instant): { readonly date: Date; readonly year: number } {
  const plain = new Date(instant.epochMs)
  if (!Number.isNaN(plain.getTime())) return { date: plain, year: plain.getUTCFullYear() }
  const cycles = instant.exact() / cycleMs
  const date = new Date(Number(instant.exact() % cycleMs))
  return { date, year: date.getUTCFullYear() + Number(cycles) * 400 }
}
