import t from 'tap'
import { parseProperties, propertiesText } from '../../../runtime/api/java-properties.ts'

t.test('a properties file is read as Java reads it', async (t) => {
  // What java.util.Properties (OpenJDK 17) makes of the same texts.
  const cases: [text: string, entries: Record<string, string>][] = [
    ['a=b\nc : d\ne f\ng\th', { a: 'b', c: 'd', e: 'f', g: 'h' }],
    ['a = = b\nc==d\ne  f = g', { a: '= b', c: '=d', e: 'f = g' }],
    ['key\nempty=\n=nothing', { key: '', empty: '', '': 'nothing' }],
    ['# no\n  ! no\na=1 # yes\nb=2 ! yes', { a: '1 # yes', b: '2 ! yes' }],
    ['a=1\\\n   2\\\r\n\t3\nb=4', { a: '123', b: '4' }],
    ['a=1\\\\\nb=2\\\\\\\n3', { a: '1\\', b: '2\\3' }],
    ['# a comment does not go on\\\na=1', { a: '1' }],
    ['a=1\\\n# but a value does', { a: '1# but a value does' }],
    ['\\\n# nothing began yet\nb=1', { b: '1' }],
    ['a=x\\ty\\nz\\q\\u00fc\\:\\=\\#', { a: 'x\ty\nzqü:=#' }],
    ['a\\ b\\=c=1\n\\u0041=2', { 'a b=c': '1', A: '2' }],
    ['a=1\ra=2\n\n \t\na=3', { a: '3' }],
    ['  a=1  ', { a: '1  ' }],
    ['a=1\\', { a: '1' }],
    ['path=C:\\\\kafka', { path: 'C:\\kafka' }],
    ['', {}],
  ]
  for (const [text, entries] of cases) t.strictSame(parseProperties(text), entries, text)
})

t.test('a bad escape is told by its line, not by its text', async (t) => {
  t.throws(() => parseProperties('a=1\nb=\\\n  secret\\u00g0'), {
    message: 'Line 2: malformed \\uxxxx encoding',
    hint: /written twice/,
  })
  t.throws(() => parseProperties('a=\\u12'), { message: /^Line 1: / })
})

t.test('bytes are UTF-8 when they can be, else ISO-8859-1', async (t) => {
  t.equal(propertiesText(Buffer.from('a=ü')), 'a=ü')
  t.equal(propertiesText(Buffer.from('a=ü', 'latin1')), 'a=ü')
  t.equal(propertiesText(Buffer.from('\ufeffa=1')), 'a=1')
})
