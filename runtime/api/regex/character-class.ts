import { range, shorthand } from './characters.ts'
import { readCodePoint } from './escapes.ts'
import type { PatternReader } from './pattern-reader.ts'
import { readProperty } from './property-name.ts'

/** `[…]` with Java's unions (`[a[bc]]`) and one intersection (`[a-z&&[^o]]`), for the `v` flag. The reader stands at the bracket. */
export function readClass(reader: PatternReader, ignoresCase: boolean): string {
  reader.next()
  const isNegated = reader.peek() === '^'
  if (isNegated) reader.next()
  const operands = [readUnion(reader, ignoresCase, true)]
  while (reader.peek() === '&') {
    reader.next()
    reader.next()
    // Java reads what follows a second && together with nested classes before it: not worth copying.
    if (operands.length === 2) reader.refuse('A class with more than one &&')
    const operand = readUnion(reader, ignoresCase, false)
    if (operand === '') reader.refuse('A class that ends in &&')
    operands.push(operand)
  }
  reader.next()
  const members = operands.length === 1 ? operands[0] : operands.map((one) => `[${one}]`).join('&&')
  return `[${isNegated ? '^' : ''}${members}]`
}

/** Members up to the closing bracket or `&&`. */
function readUnion(reader: PatternReader, ignoresCase: boolean, isFirst: boolean): string {
  let members = ''
  for (;;) {
    const char = reader.peek()
    if (char === undefined) return reader.fail('Unclosed character class', reader.position - 1)
    // First of all, a closing bracket means itself.
    if (char === ']' && !(isFirst && members === '')) return members
    if (reader.startsWith('&&')) {
      if (isFirst && members === '') reader.refuse('A class that begins with &&')
      return members
    }
    members += char === '[' ? readClass(reader, ignoresCase) : readMember(reader, ignoresCase)
  }
}

function readMember(reader: PatternReader, ignoresCase: boolean): string {
  const low = readEnd(reader, ignoresCase)
  if (typeof low === 'string') return low
  if (reader.peek() !== '-' || reader.startsWith('-[') || reader.startsWith('-]'))
    return range(low, low, ignoresCase)
  reader.next()
  const high = readEnd(reader, ignoresCase)
  if (typeof high === 'string' || high < low) return reader.fail('Illegal character range')
  return range(low, high, ignoresCase)
}

/** A code point, or the members that an escape stands for. */
function readEnd(reader: PatternReader, ignoresCase: boolean): number | string {
  const char = reader.next()
  if (char === undefined) return reader.fail('Unclosed character class', reader.position - 1)
  if (char !== '\\') return char.codePointAt(0) as number
  const letter = reader.raw()
  const set = shorthand(letter)
  if (set !== undefined) return set
  if (letter !== 'p' && letter !== 'P') return readCodePoint(reader, letter)
  return readProperty(reader, { isNegated: letter === 'P', ignoresCase })
}
