import t from 'tap'
import { DateFormat } from '../../../transforms/timestamp/date-format.ts'

const at = (text: string) => Date.parse(text)

t.test('texts are read as leniently as Java reads them', async (t) => {
  const cases: readonly (readonly [string, string, number | undefined])[] = [
    ['yyyy-MM-dd HH:mm:ss', '2017-01-03 06:30:01', at('2017-01-03T06:30:01Z')],
    ['yyyy-MM-dd', '2016-02-30', at('2016-03-01T00:00:00Z')],
    ['yyyy-MM-dd', '2017-1-3', at('2017-01-03T00:00:00Z')],
    ['yyyy-MM-dd', ' 2017-\t01-03 and more', at('2017-01-03T00:00:00Z')],
    ['yyyy-MM-dd', '٢٠١٧-01-03', at('2017-01-03T00:00:00Z')],
    ['yyyy-MM-dd', '2017-01', undefined],
    ['yyyy-MM-dd', '2017/01/03', undefined],
    ['yyyyMMddHHmmssSSS', '20170103063001005', at('2017-01-03T06:30:01.005Z')],
    ['HHmm', '-1729', at('1970-01-01T11:09:00Z')],
    ['yyyy-DDD', '2017-366', at('2018-01-01T00:00:00Z')],
    ['hh:mm a', '12:30 am', at('1970-01-01T00:30:00Z')],
    ['hh:mm a', '06:30 PM', at('1970-01-01T18:30:00Z')],
    ['kk:mm', '24:00', 0],
    ['yyyy-MM-dd HH:mm Z', '2017-01-03 06:30 +0130', at('2017-01-03T05:00:00Z')],
    ['yyyy-MM-dd HH:mm Z', '2017-01-03 06:30 GMT-1:30', at('2017-01-03T08:00:00Z')],
    ['yyyy-MM-dd HH:mm Z', '2017-01-03 06:30 +01:30', undefined],
    ["yyyy-MM-dd'T'HH:mmX", '2017-01-03T06:30Z', at('2017-01-03T06:30:00Z')],
    ["yyyy-MM-dd'T'HH:mmXXX", '2017-01-03T06:30-02:00', at('2017-01-03T08:30:00Z')],
    ["yyyy-MM-dd'T'HH:mmXXX", '2017-01-03T06:30-0200', undefined],
    ["''yyyy''", "'2017'", at('2017-01-01T00:00:00Z')],
    ['yyyy', '9223372036854775807', undefined],
  ]
  for (const [pattern, text, wanted] of cases)
    t.equal(new DateFormat(pattern).parse(text), wanted, `${pattern}: ${text}`)
})

t.test('a text that cannot be read leaves nothing behind', async (t) => {
  const format = new DateFormat('yyyy-MM-dd HH')
  t.equal(format.parse('2017-05-06 x'), undefined)
  t.equal(format.parse('2018-01-02 03'), at('2018-01-02T03:00:00Z'))
})

t.test('years of two digits lie from 80 years back to 20 ahead', async (t) => {
  const now = new Date().getUTCFullYear()
  const format = new DateFormat('MM/dd/yy')
  for (const years of [-79, -40, 0, 19]) {
    const text = `06/15/${String((now + years) % 100).padStart(2, '0')}`
    t.equal(new Date(format.parse(text) as number).getUTCFullYear(), now + years, text)
  }
  t.equal(format.parse('06/15/1917'), at('1917-06-15T00:00:00Z'))
})

t.test('every day comes back as it was written, in leap years and before 1970', async (t) => {
  const format = new DateFormat("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'")
  const wrong = []
  for (
    let ms = at('1583-01-01T00:00:00Z');
    ms < at('2405-01-01T00:00:00Z');
    ms += 86_400_000 * 1.37
  ) {
    const instant = Math.floor(ms)
    const text = format.format(instant)
    if (text !== new Date(instant).toISOString() || format.parse(text) !== instant) wrong.push(text)
  }
  t.strictSame(wrong, [])
})

t.test('fields are padded to their count', async (t) => {
  const instant = at('2017-01-03T00:05:09.007Z')
  const texts = {
    'y yy yyy yyyyy': '2017 17 2017 02017',
    'M/d D DDD': '1/3 3 003',
    'H k K h a': '0 24 0 12 AM',
    'm:s.S SSSSSS': '5:9.7 000007',
    "Z X 'at' ''": "+0000 Z at '",
  }
  for (const [pattern, text] of Object.entries(texts))
    t.equal(new DateFormat(pattern).format(instant), text, pattern)
})

t.test('patterns of names are not available yet, and say so', async (t) => {
  for (const pattern of ['MMM', 'EEE', 'z', 'G', 'w'])
    t.throws(() => new DateFormat(pattern), /not available yet/, pattern)
  t.throws(() => new DateFormat('yyyyTHH'), { message: "Illegal pattern character 'T'" })
  t.throws(() => new DateFormat("yyyy'"), { message: 'Unterminated quote' })
  t.throws(() => new DateFormat('XXXX'), { message: 'invalid ISO 8601 format: length=4' })
})
