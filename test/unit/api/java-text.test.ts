import t from 'tap'
import {
  Decimal,
  decimalText,
  doubleText,
  FLOAT32,
  FLOAT64,
  floatText,
  INT32,
  Instant,
  javaText,
  parseDecimal,
  printValue,
  SchemaBuilder,
  STRING,
  Struct,
  TIMESTAMP,
  TypedNumber,
  toFloat32,
} from '../../../runtime/api/index.ts'

t.test('doubles print as in Java', async (t) => {
  const cases: [number, string][] = [
    [0, '0.0'],
    [-0, '-0.0'],
    [1, '1.0'],
    [100, '100.0'],
    [9999999, '9999999.0'],
    [1e7, '1.0E7'],
    [12345678.9, '1.23456789E7'],
    [0.001, '0.001'],
    [0.00099, '9.9E-4'],
    [-1e-4, '-1.0E-4'],
    [123456.789, '123456.789'],
    [1e21, '1.0E21'],
    [1.7976931348623157e308, '1.7976931348623157E308'],
    [5e-324, '4.9E-324'],
    [2e-323, '2.0E-323'],
    [Number.NaN, 'NaN'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
  ]
  for (const [value, text] of cases) t.equal(doubleText(value), text)
})

t.test('floats print the fewest digits of their width', async (t) => {
  const cases: [number, string][] = [
    [0.1, '0.1'],
    [Math.PI, '3.1415927'],
    [1.0e10, '1.0E10'],
    [16777216, '1.6777216E7'],
    [128.9, '128.9'],
    [3.4028235e38, '3.4028235E38'],
    [1.4e-45, '1.4E-45'],
    [0.001, '0.001'],
    [0.00001, '1.0E-5'],
    [1234567, '1234567.0'],
    [-0.5, '-0.5'],
  ]
  for (const [value, text] of cases) t.equal(floatText(Math.fround(value)), text)
})

t.test('decimals print as BigDecimal does, and are read from its grammar', async (t) => {
  const cases: [bigint, number, string][] = [
    [156n, 2, '1.56'],
    [-5n, 3, '-0.005'],
    [1n, 7, '1E-7'],
    [1n, 6, '0.000001'],
    [12n, 8, '1.2E-7'],
    [1n, -3, '1E+3'],
    [-123n, -2, '-1.23E+4'],
    [0n, 0, '0'],
    [0n, 3, '0.000'],
    [0n, -3, '0E+3'],
  ]
  for (const [unscaled, scale, text] of cases) {
    t.equal(decimalText(new Decimal(unscaled, scale)), text)
    t.same(parseDecimal(text), new Decimal(unscaled, scale))
  }
  t.same(parseDecimal('+.5'), new Decimal(5n, 1))
  t.same(parseDecimal('1.'), new Decimal(1n, 0))
  t.same(parseDecimal('\u0661\u0662'), new Decimal(12n, 0))
  t.same(parseDecimal('\u{1d7d9}\u{1d7e0}'), new Decimal(18n, 0))
  for (const text of ['', '.', '+', 'e5', '1e', '0x1', '1_0', ' 1', '1e99999999999', 'NaN'])
    t.equal(parseDecimal(text), undefined, `"${text}"`)
})

t.test('a decimal becomes the nearest float in one step', async (t) => {
  const cases: [string, number][] = [
    // Just above the middle of two floats: a double in between would round down to the middle, and then to even.
    ['1.00000005960464477539062500000001', 1.0000001192092896],
    ['1.000000059604644775390625', 1],
    ['1.00000005960464477539062499999999', 1],
    ['-1.00000005960464477539062500000001', -1.0000001192092896],
    ['16777217', 16777216],
    ['16777217.0000000000000000001', 16777218],
    ['1e39', Number.POSITIVE_INFINITY],
    ['1e-50', 0],
  ]
  for (const [text, float] of cases) t.equal(toFloat32(parseDecimal(text) as Decimal), float, text)
})

t.test('composed values print as Java’s collections and Connect’s structs', async (t) => {
  const schema = SchemaBuilder.struct()
    .field('a', INT32)
    .field('b', new SchemaBuilder('string').optional().build())
    .field('f', FLOAT32)
    .build()
  const struct = new Struct(schema).put('a', 1).put('f', Math.fround(0.1))
  t.equal(javaText(schema, struct), 'Struct{a=1,f=0.1}')
  t.equal(printValue(schema, struct), '{"a":1,"b":null,"f":0.1}')
  t.equal(
    javaText(null, { a: 1, b: [1.5, 'x', null, { c: 2n }] }),
    '{a=1, b=[1.5, x, null, {c=2}]}',
  )
  t.equal(javaText(SchemaBuilder.map(STRING, FLOAT64).build(), new Map([['k', 1]])), '{k=1.0}')
  t.equal(javaText(null, new TypedNumber('float64', 100)), '100.0')
  t.equal(javaText(null, new TypedNumber('int8', 100)), '100')
  t.equal(javaText(TIMESTAMP, new Instant(3723004)), 'Thu Jan 01 01:02:03 UTC 1970')
  t.equal(javaText(null, new Instant(2n ** 63n - 1n)), 'Sun Aug 17 07:12:55 UTC 292278994')
})
