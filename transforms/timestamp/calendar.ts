/** Days since 1970 ↔ civil dates, in the Gregorian calendar at all times (Java counts in the Julian one before 1582). */

export const dayMs = 86_400_000

/** `month` from 0; months and days beyond their range roll over. */
export function daysFromCivil(year: number, month: number, day: number): number {
  // Years from March on: the leap day is their last.
  const marchMonth = month - 2
  const y = year + Math.floor(marchMonth / 12)
  const m = marchMonth - Math.floor(marchMonth / 12) * 12
  const century = Math.floor(y / 100)
  return (
    365 * y +
    Math.floor(y / 4) -
    century +
    Math.floor(century / 4) +
    Math.floor((153 * m + 2) / 5) +
    day -
    719_469
  )
}

export interface CivilDate {
  readonly year: number
  /** From 0. */
  readonly month: number
  readonly day: number
}

export function civilFromDays(days: number): CivilDate {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = marchMonth < 10 ? marchMonth + 2 : marchMonth - 10
  return {
    year: era * 400 + yearOfEra + (month < 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  }
}
