import { readClass } from './character-class.ts'
import { literal, range, shorthand } from './characters.ts'
import { readCodePoint } from './escapes.ts'
import { anyCharacter, type Flags, flagNames, lineEnd, lineStart, noFlags } from './flags.ts'
import { PatternReader } from './pattern-reader.ts'
import { alternativesOf, assertion, looking, type Piece, plain, sequenceOf } from './piece.ts'
import { readProperty } from './property-name.ts'
import { readQuantifier } from './quantifier.ts'

/** A Java pattern in JavaScript's syntax under the `v` flag. Java's group n is called `gN`. */
export interface Translation {
  readonly source: string
  readonly groupCount: number
  /** Java's group names → numbers. */
  readonly names: ReadonlyMap<string, number>
  /** Groups that the two engines fill differently when a loop goes round again: they may be matched, but not referred to. */
  readonly unstable: ReadonlySet<number>
}

/** Throws a PatternError. */
export function translate(pattern: string): Translation {
  return new Translator(pattern).run()
}

class Translator {
  readonly #reader: PatternReader
  readonly #names = new Map<string, number>()
  readonly #unstable = new Set<number>()
  /** Groups of which Java keeps what they captured even when the match is then found elsewhere. */
  readonly #kept = new Set<number>()
  #flags = noFlags
  #groupCount = 0
  #atomicCount = 0
  /** Groups that are certainly filled at this place. */
  #sure: ReadonlySet<number> = new Set()
  #lookbehinds = 0

  constructor(pattern: string) {
    this.#reader = new PatternReader(pattern)
  }

  run(): Translation {
    const { source, sure } = this.#alternatives()
    for (const group of this.#kept) if (!sure.includes(group)) this.#unstable.add(group)
    if (this.#reader.peek() === ')') {
      this.#reader.fail("Unmatched closing ')'", this.#reader.position - 1)
    }
    return {
      source,
      groupCount: this.#groupCount,
      names: this.#names,
      unstable: this.#unstable,
    }
  }

  #alternatives(): Piece {
    const before = this.#sure
    const branches = [this.#sequence()]
    let sure = this.#sure
    while (this.#reader.peek() === '|') {
      this.#reader.next()
      this.#sure = before
      branches.push(this.#sequence())
      sure = new Set([...sure].filter((group) => this.#sure.has(group)))
    }
    this.#sure = sure
    return alternativesOf(branches as [Piece, ...Piece[]])
  }

  #sequence(): Piece {
    const pieces: Piece[] = []
    for (;;) {
      const char = this.#reader.peek()
      if (char === undefined || char === '|' || char === ')') break
      const before = this.#sure
      const atom = this.#atom(char)
      if (atom === undefined) continue
      const piece = this.#quantified(atom, before)
      this.#sure = new Set([...before, ...piece.sure])
      pieces.push(piece)
    }
    return sequenceOf(pieces)
  }

  /** Undefined for what only sets flags. */
  #atom(char: string): Piece | undefined {
    const reader = this.#reader
    switch (char) {
      case '(':
        return this.#group()
      case '[':
        return { ...plain, source: readClass(reader, this.#flags.ignoresCase) }
      case '\\':
        return this.#escape()
      case '^':
        reader.next()
        return { ...assertion, source: lineStart(this.#flags) }
      case '$':
        reader.next()
        return { ...assertion, source: lineEnd(this.#flags) }
      case '.':
        reader.next()
        return { ...plain, source: anyCharacter(this.#flags) }
      case '?':
      case '*':
      case '+':
        return reader.fail(`Dangling meta character '${char}'`)
      case '{':
        return reader.fail('Illegal repetition')
      default:
        reader.next()
        return this.#character(char.codePointAt(0) as number)
    }
  }

  #character(code: number): Piece {
    const source = range(code, code, this.#flags.ignoresCase)
    return { ...plain, source: source === literal(code) ? source : `[${source}]` }
  }

  #escape(): Piece {
    const reader = this.#reader
    reader.next()
    const letter = reader.raw()
    const set = shorthand(letter)
    if (set !== undefined) return { ...plain, source: set }
    switch (letter) {
      case 'p':
      case 'P':
        return {
          ...plain,
          source: readProperty(reader, {
            isNegated: letter === 'P',
            ignoresCase: this.#flags.ignoresCase,
          }),
        }
      case 'A':
        return { ...assertion, source: '^' }
      case 'z':
        return { ...assertion, source: '$' }
      case 'Z':
        return { ...assertion, source: lineEnd({ ...this.#flags, multiline: false }) }
      case 'b':
      case 'B':
        if (reader.startsWith('{')) return reader.refuse('\\b{…}')
        return { ...assertion, source: `\\${letter}` }
      case 'R':
        return { ...plain, source: '(?:\\r\\n|[\\n-\\r\\u{85}\\u{2028}\\u{2029}])' }
      case 'k':
        return this.#backReference(this.#groupNamed())
      default:
        if (/[1-9]/.test(letter)) return this.#backReference(this.#groupNumbered(letter))
        return this.#character(readCodePoint(reader, letter))
    }
  }

  #groupNamed(): number {
    const name = this.#reader.take(/^<[a-zA-Z][a-zA-Z0-9]*>/)?.slice(1, -1)
    if (name === undefined)
      return this.#reader.fail("\\k is not followed by '<' for named capturing group")
    const group = this.#names.get(name)
    if (group === undefined) this.#reader.fail(`named capturing group <${name}> does not exist`)
    return group as number
  }

  /** Further digits belong to the number only while such a group exists. */
  #groupNumbered(first: string): number {
    let group = Number(first)
    for (;;) {
      const digit = /[0-9]/.exec(this.#reader.peek() ?? '')
      if (!digit || group * 10 + Number(digit[0]) > this.#groupCount) return group
      group = group * 10 + Number(digit[0])
      this.#reader.raw()
    }
  }

  /** To Java a group that did not match makes the reference fail, to JavaScript it is empty text. */
  #backReference(group: number): Piece {
    if (!this.#sure.has(group) || this.#unstable.has(group))
      return this.#reader.refuse('A reference to a group that may not have matched')
    if (this.#flags.ignoresCase) return this.#reader.refuse('A back reference under (?i)')
    return { ...plain, source: `\\k<g${group}>`, canBeEmpty: true, isBounded: false }
  }

  #group(): Piece | undefined {
    const reader = this.#reader
    const flags = this.#flags
    reader.next()
    if (!reader.accept('?')) return this.#capture(flags)
    if (reader.accept(':')) return this.#closed(flags, '(?:')
    if (reader.accept('=')) return this.#look(flags, '(?=', true)
    if (reader.accept('!')) return this.#look(flags, '(?!', false)
    if (reader.accept('<=')) return this.#lookBehind(flags, '(?<=')
    if (reader.accept('<!')) return this.#lookBehind(flags, '(?<!')
    if (reader.accept('>')) return this.#atomic(this.#closed(flags, '(?:'))
    if (reader.accept('<')) {
      const name = reader.take(/^[a-zA-Z][a-zA-Z0-9]*>/)?.slice(0, -1)
      if (name === undefined)
        return reader.fail('capturing group name does not start with a Latin letter')
      if (this.#names.has(name)) reader.fail(`Named capturing group <${name}> is already defined`)
      this.#names.set(name, this.#groupCount + 1)
      return this.#capture(flags)
    }
    return this.#inlineFlags(flags)
  }

  #capture(flags: Flags): Piece {
    if (this.#lookbehinds > 0) this.#reader.refuse('A capturing group in a look-behind')
    const group = ++this.#groupCount
    const inner = this.#closed(flags, `(?<g${group}>`)
    return { ...inner, groups: [...inner.groups, group], sure: [...inner.sure, group] }
  }

  /** What stands up to the closing parenthesis; flags set inside end there. */
  #closed(flags: Flags, opening: string): Piece {
    const inner = this.#alternatives()
    if (this.#reader.next() !== ')') this.#reader.fail('Unclosed group')
    this.#setFlags(flags)
    return { ...inner, source: `${opening}${inner.source})` }
  }

  #look(flags: Flags, opening: string, isPositive: boolean): Piece {
    const inner = this.#closed(flags, opening)
    for (const group of inner.groups) (isPositive ? this.#kept : this.#unstable).add(group)
    if (isPositive) return { ...inner, ...looking }
    return { ...inner, ...looking, sure: [] }
  }

  #lookBehind(flags: Flags, opening: string): Piece {
    this.#lookbehinds++
    const inner = this.#closed(flags, opening)
    this.#lookbehinds--
    if (!inner.isBounded)
      this.#reader.fail('Look-behind group does not have an obvious maximum length')
    return { ...assertion, source: inner.source }
  }

  /** JavaScript has no atomic groups, but its look-ahead is one. */
  #atomic(inner: Piece): Piece {
    if (this.#lookbehinds > 0) this.#reader.refuse('An atomic group in a look-behind')
    for (const group of inner.groups) this.#kept.add(group)
    const name = `x${++this.#atomicCount}`
    return { ...inner, source: `(?:(?=(?<${name}>${inner.source}))\\k<${name}>)` }
  }

  #inlineFlags(outer: Flags): Piece | undefined {
    const letters = this.#reader.take(/^[a-zA-Z]*(-[a-zA-Z]*)?/) ?? ''
    const [on = '', off = ''] = letters.split('-')
    let flags = outer
    for (const letter of on) flags = this.#withFlag(flags, letter, true)
    for (const letter of off) flags = this.#withFlag(flags, letter, false)
    this.#setFlags(flags)
    if (this.#reader.accept(')')) return undefined
    if (!this.#reader.accept(':')) this.#reader.fail('Unknown inline modifier')
    return this.#closed(outer, '(?:')
  }

  #withFlag(flags: Flags, letter: string, isOn: boolean): Flags {
    if (letter === 'u' || letter === 'U') this.#reader.refuse(`(?${letter})`)
    const name = flagNames[letter]
    if (name === undefined) return this.#reader.fail('Unknown inline modifier')
    return { ...flags, [name]: isOn }
  }

  #setFlags(flags: Flags): void {
    this.#flags = flags
    this.#reader.skipsComments = flags.comments
  }

  #quantified(atom: Piece, sureBefore: ReadonlySet<number>): Piece {
    const quantifier = readQuantifier(this.#reader)
    if (quantifier === undefined) return atom
    const { low, high, text } = quantifier
    // JavaScript goes on looking where an iteration matched nothing, Java stops there.
    if (atom.canBeEmpty && atom.prefersEmpty)
      this.#reader.refuse('A repetition of what may match nothing before it matches something')
    if (high > 1) {
      for (const group of atom.groups)
        if (atom.canBeEmpty || !atom.sure.includes(group)) this.#unstable.add(group)
    }
    if (low === 0) this.#sure = sureBefore
    const body = atom.canBeEmpty ? `(?:${atom.source})` : atom.source
    const piece: Piece = {
      source: body + text,
      groups: atom.groups,
      sure: low === 0 ? [] : atom.sure,
      canBeEmpty: atom.canBeEmpty || low === 0,
      prefersEmpty: atom.prefersEmpty,
      isBounded: atom.isBounded && high < Number.POSITIVE_INFINITY,
    }
    if (this.#reader.peek() === '?') {
      this.#reader.next()
      return { ...piece, source: `${piece.source}?`, prefersEmpty: piece.canBeEmpty }
    }
    if (this.#reader.peek() !== '+') return piece
    this.#reader.next()
    return this.#atomic(piece)
  }
}
