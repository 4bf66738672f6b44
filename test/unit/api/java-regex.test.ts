import t from 'tap'
import { JavaRegex, javaRegex } from '../../../runtime/api/index.ts'

const named = (group: string) => `$\{${group}}`

t.test('patterns match as Java matches them', async (t) => {
  // pattern, texts that match as a whole, texts that do not
  const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['a.b', ['a.b', 'axb', 'a😀b'], ['ab', 'a\nb', 'a\u2028b', 'xa.b']],
    ['t|topic', ['t', 'topic'], ['to']],
    ['(?i)topic-é', ['TOPIC-é'], ['topic-É']],
    ['(?i)[k-m]+', ['KLM', 'k'], ['\u212a']],
    ['a(?i:b)c', ['aBc'], ['aBC']],
    ['a(?i)b|c', ['aB', 'C'], ['Ab']],
    ['(?x) t o p i c # comment', ['topic'], ['t opic']],
    ['\\Qa.b\\E+', ['a.b', 'a.bb'], ['axb']],
    ['[a-z&&[^o]]*', ['f', ''], ['foo']],
    ['[a[bc]-]+', ['abc-'], ['d']],
    ['[^a&&\\w]', ['.'], ['']],
    ['[]^]+', [']^'], ['[']],
    ['\\p{Alpha}\\p{Digit}\\p{Punct}', ['a1-'], ['é1-']],
    ['\\p{L}\\P{L}\\pN', ['é-1'], ['1-1']],
    ['\\w+\\s\\h\\d', ['a_1\t\u00a01'], ['é\t 1']],
    ['\\x41\\0102\\u0043\\x{44}\\cA\\e\\a', ['ABCD\u0001\u001b\u0007'], ['ABCD']],
    ['\\ud83d\\ude00', ['😀'], ['\ud83d']],
    ['a++b', ['aab'], ['a']],
    ['a++a', [], ['aa']],
    ['(?>a|ab)c', ['ac'], ['abc']],
    ['a$', ['a'], ['a\n']],
    ['a\\Z\\R?', ['a', 'a\n', 'a\r\n'], ['a\n\n']],
    ['(?m)^a$[\\s\\S]*', ['a', 'a\nb'], ['ab']],
    ['(foo)\\1', ['foofoo'], ['foo']],
    ['(?<x>.)\\k<x>', ['aa'], ['ab']],
    ['(?<!x)a(?=b)b', ['ab'], ['xab']],
    ['}]', ['}]'], ['}']],
    ['^*a', ['a'], ['b']],
  ]
  // Patterns and texts would upset the TAP lines: only what is wrong is shown.
  const wrong = cases.flatMap(([pattern, hits, misses]) => {
    const regex = new JavaRegex(pattern)
    return [
      ...hits.filter((text) => !regex.matches(text)).map((text) => ({ pattern, misses: text })),
      ...misses.filter((text) => regex.matches(text)).map((text) => ({ pattern, hits: text })),
    ]
  })
  t.strictSame(wrong, [])
})

t.test('replacements speak the grammar of Java', async (t) => {
  const cases: readonly (readonly [string, string, string, string])[] = [
    ['a|ab', 'X', 'ab', 'Xb'],
    ['a+?', 'X', 'aaa', 'Xaa'],
    ['(t)(x)?', '$1$2', 't', 't'],
    ['(t)', '$12', 't', 't2'],
    ['(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)(k)', '$111', 'abcdefghijk', 'k1'],
    ['(?<x>a)(?<y>b)c', named('y') + named('x'), 'abc', 'ba'],
    ['t', '$0$0', 't', 'tt'],
    ['t', '\\$1\\\\', 't', '$1\\'],
    ['b', "$0'&`", 'abc', "ab'&`c"],
    ['(?>(a))b', '$1', 'ab', 'a'],
  ]
  for (const [pattern, template, text, wanted] of cases) {
    const found = new JavaRegex(pattern).replacement(template).replaceFirst(text)
    t.equal(found, wanted)
  }
  for (const template of ['$1', '$', '$x', named('z'), named('z').slice(0, -1), 'a\\']) {
    const replacement = new JavaRegex('t').replacement(template)
    t.equal(replacement.replaceFirst('other'.slice(2)), 'her')
    t.throws(() => replacement.replaceFirst('t'), Error)
  }
})

t.test('what cannot be translated faithfully is refused in words', async (t) => {
  for (const pattern of ['(?u)a', '\\G', '\\X', '\\p{InGreek}', '\\p{javaLowerCase}', '[a&&b&&c]'])
    t.throws(() => new JavaRegex(pattern), /cannot be translated/)
  // Java fails here, JavaScript would match empty text.
  t.throws(() => new JavaRegex('(a)?\\1b'), /may not have matched/)
  // Java keeps what an earlier round of a loop captured.
  const loop = new JavaRegex('(?:(a)|b)+')
  t.ok(loop.matches('ab'))
  t.throws(() => loop.replacement('$1'), /repetition/)
  // Java stops where an iteration matched nothing.
  t.throws(() => new JavaRegex('(?:|a)*'), /may match nothing/)
})

t.test('a wrong pattern is told where it is wrong', async (t) => {
  const problems = {
    ')': "Invalid regex: Unmatched closing ')'\n)",
    'a**': "Invalid regex: Dangling meta character '*' near index 2\na**\n  ^",
    '{': 'Invalid regex: Illegal repetition near index 0\n{\n^',
    'a{2,1}': 'Invalid regex: Illegal repetition range near index 5\na{2,1}\n     ^',
  }
  for (const [pattern, problem] of Object.entries(problems))
    t.equal(javaRegex(pattern, 'regex'), problem)
  for (const pattern of ['(', '[', '[a', '\\', '(?z)', '(?<1>a)', '\\k<x>', 'a{', '\\y', '[b-a]'])
    t.match(javaRegex(pattern, 'regex'), /^Invalid regex: /)
  t.match(javaRegex(null, 'regex'), /^Invalid regex/)
  t.equal(javaRegex('ok', 'regex'), undefined)
})
