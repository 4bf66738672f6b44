import { latin } from '../../runtime/api/text/decimal-number.ts'

/**
 * A number as Java's DecimalFormat reads it: blanks before it, a minus sign, digits of any script, even `E` and an exponent. Returns its value
 * without the fraction and where it ends; undefined when there is none, or none that fits 32 bits.
 */
export function readOddNumber(
  text: string,
  start: number,
  end: number,
): { readonly value: number; readonly digits: number; readonly end: number } | undefined {
  const [found, blanks = '', sign = '', digits = '', exponent = '0'] =
    grammar.exec(text.slice(start, end)) ?? []
  if (found === undefined) return undefined
  // NaN is zero to Java.
  const size = digits === '' ? 0 : Number(`${latin(digits)}e${latin(exponent)}`)
  const value = Math.trunc(sign === '-' ? -size : size)
  if (!(value >= -(2 ** 31) && value < 2 ** 31)) return undefined
  return { value, digits: found.length - blanks.length, end: start + found.length }
}

const grammar = /^([ \t]*)(?:(-?)(\p{Nd}+)(?:E(-?\p{Nd}+))?|NaN)/u
