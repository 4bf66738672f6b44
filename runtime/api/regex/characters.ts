/** Java's named character sets as members of a JavaScript class under the `v` flag; all of ASCII unless Unicode is asked for. */

/** One code point, safe inside and outside of a class. */
export function literal(code: number): string {
  const isPlain =
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x61 && code <= 0x7a)
  return isPlain ? String.fromCharCode(code) : `\\u{${code.toString(16)}}`
}

/** A range; ignoring case, the other case of the ASCII letters in it as well: Java's `(?i)` without `(?u)`. */
export function range(low: number, high: number, ignoresCase: boolean): string {
  const itself = low === high ? literal(low) : `${literal(low)}-${literal(high)}`
  if (!ignoresCase) return itself
  return itself + shifted(low, high, 0x41, 32) + shifted(low, high, 0x61, -32)
}

function shifted(low: number, high: number, firstLetter: number, by: number): string {
  const from = Math.max(low, firstLetter)
  const to = Math.min(high, firstLetter + 25)
  return from > to ? '' : `${literal(from + by)}-${literal(to + by)}`
}

const digits = '0-9'
const letters = 'a-zA-Z'
const blanks = '\\t\\u{20}'
const spaces = '\\t-\\r\\u{20}'
const punctuation = '\\u{21}-\\u{2f}\\u{3a}-\\u{40}\\u{5b}-\\u{60}\\u{7b}-\\u{7e}'

/** `\d`, `\w`, … by letter; the capital is the complement. */
const shorthands: Readonly<Record<string, string>> = {
  d: digits,
  w: `${letters}${digits}_`,
  s: spaces,
  h: `${blanks}\\u{a0}\\u{1680}\\u{180e}\\u{2000}-\\u{200a}\\u{202f}\\u{205f}\\u{3000}`,
  v: '\\n-\\r\\u{85}\\u{2028}\\u{2029}',
}

/** The class that a backslash and this letter stand for, or undefined. */
export function shorthand(letter: string): string | undefined {
  const members = shorthands[letter.toLowerCase()]
  if (members === undefined) return undefined
  return letter === letter.toLowerCase() ? `[${members}]` : `[^${members}]`
}

const posix: Readonly<Record<string, string>> = {
  Lower: 'a-z',
  Upper: 'A-Z',
  ASCII: '\\0-\\x7f',
  Alpha: letters,
  Digit: digits,
  Alnum: `${letters}${digits}`,
  Punct: punctuation,
  Graph: '\\u{21}-\\u{7e}',
  Print: '\\u{20}-\\u{7e}',
  Blank: blanks,
  Cntrl: '\\0-\\x1f\\x7f',
  XDigit: `${digits}a-fA-F`,
  Space: spaces,
}

const categories = new Set(
  (
    'L M N P S Z C LC Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp ' +
    'Cc Cf Cs Co Cn'
  ).split(' '),
)

/** `\p{NAME}`: POSIX names and general categories; undefined for the rest (blocks, scripts, Java's own). */
export function property(name: string, isNegated: boolean): string | undefined {
  const members = Object.hasOwn(posix, name) ? posix[name] : undefined
  if (members !== undefined) return isNegated ? `[^${members}]` : `[${members}]`
  const category = name.replace(/^(Is|general_category=|gc=)/, '')
  if (!categories.has(category)) return undefined
  return `[\\${isNegated ? 'P' : 'p'}{${category}}]`
}

/** Properties of case, of which Java's `(?i)` makes something else from version to version. */
export function isOfCase(name: string): boolean {
  return /(Lower|Upper|Lu|Ll|Lt)$/.test(name)
}
