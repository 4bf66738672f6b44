/** The inline flags that are served, and what they make of `.`, `^` and `$`. */

export interface Flags {
  readonly ignoresCase: boolean
  readonly comments: boolean
  readonly dotAll: boolean
  readonly multiline: boolean
  readonly unixLines: boolean
}

export const noFlags: Flags = {
  ignoresCase: false,
  comments: false,
  dotAll: false,
  multiline: false,
  unixLines: false,
}

export const flagNames: Readonly<Record<string, keyof Flags>> = {
  i: 'ignoresCase',
  x: 'comments',
  s: 'dotAll',
  m: 'multiline',
  d: 'unixLines',
}

export function anyCharacter({ dotAll, unixLines }: Flags): string {
  if (dotAll) return '[^]'
  return unixLines ? '[^\\n]' : '[^\\n\\r\\u{85}\\u{2028}\\u{2029}]'
}

/** Never at the very end, where Java's `(?m)^` does not match. */
export function lineStart({ multiline, unixLines }: Flags): string {
  if (!multiline) return '^'
  const broken = unixLines ? '(?<=\\n)' : '(?<=[\\n\\u{85}\\u{2028}\\u{2029}]|\\r(?!\\n))'
  return `(?:(?:^|${broken})(?=[^]))`
}

/** Also before a line break that ends the text; under `(?m)` before each. */
export function lineEnd({ multiline, unixLines }: Flags): string {
  const end = multiline ? '' : '$'
  if (unixLines) return `(?:$|(?=\\n${end}))`
  return `(?:$|(?=\\r\\n${end})|(?<!\\r)(?=\\n${end})|(?=[\\r\\u{85}\\u{2028}\\u{2029}]${end}))`
}
