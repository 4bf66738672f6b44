import t from 'tap'
import { numberedRecord, numberedRecords, readNumbered } from '../../helpers/numbered-records.ts'
import { aheadOfTarget, inWords, isSound, Oracle, type Verdict } from '../../helpers/oracle.ts'

const keys = 3
const records = numberedRecords({ count: 12, keys, padBytes: 20 })
const values = records.map(({ value }) => value)
const none: Verdict = { missing: [], duplicates: [], disordered: [], changed: [], unknown: [] }

function oracleOf(acknowledged = records): Oracle {
  const oracle = new Oracle()
  oracle.sent(records)
  oracle.acknowledged(acknowledged)
  return oracle
}

t.test('numbered records are the same again, from wherever they are counted', async (t) => {
  t.same(numberedRecords({ from: 5, count: 2, keys, padBytes: 20 }), records.slice(5, 7))
  t.match(records[7], {
    key: 'key-1',
    fields: { n: 7, k: 'key-1', s: 2, pad: '7.7.7.7.7.7.7.7.7.7.' },
  })
  t.same(readNumbered(Buffer.from(values[7] as string)), records[7]?.fields)
  const { n, crc, ...rest } = numberedRecord(7, { keys }).fields
  t.ok(readNumbered({ ...rest, n: BigInt(n), crc: String(crc) }), 'as a database driver gives it')
})

t.test('any changed character is seen', async (t) => {
  const value = values[7] as string
  for (let at = 0; at < value.length; at++) {
    const changed = `${value.slice(0, at)}${value[at] === '1' ? '2' : '1'}${value.slice(at + 1)}`
    t.equal(readNumbered(changed), undefined, changed)
  }
  for (const other of [null, undefined, 7, '', '7', '{}', '[]', Buffer.from([0xff])])
    t.equal(readNumbered(other), undefined)
})

t.test('what is all there, in order and as it was written is sound', async (t) => {
  t.same(oracleOf().judge(values), none)
  t.ok(isSound(none, { duplicates: 'none' }))
  t.same(oracleOf(records.slice(0, 8)).judge(values), none, 'unacknowledged ones may be there')
  t.same(oracleOf(records.slice(0, 8)).judge(values.slice(0, 8)), none, 'or not')
  const byKey = [...values].sort(
    (a, b) => Number(readNumbered(a)?.k.at(-1)) - Number(readNumbered(b)?.k.at(-1)),
  )
  t.same(oracleOf().judge(byKey), none, 'order is that of each key')
})

t.test('a missing record', async (t) => {
  const verdict = oracleOf().judge(values.filter((_, n) => n !== 4))
  t.same(verdict, { ...none, missing: [4] })
  t.notOk(isSound(verdict, { duplicates: 'allowed' }))
  t.same(oracleOf().judge([]).missing.length, 12, 'all of them')
})

t.test('a duplicate', async (t) => {
  // The last four come again, as after a restart, before the rest.
  const verdict = oracleOf().judge([...values.slice(0, 8), ...values.slice(4)])
  t.same(verdict, { ...none, duplicates: [4, 5, 6, 7] })
  t.ok(isSound(verdict, { duplicates: 'allowed' }))
  t.notOk(isSound(verdict, { duplicates: 'none' }))
})

t.test('a record before an earlier one of its key', async (t) => {
  const [first, , , fourth, ...rest] = values
  const verdict = oracleOf().judge([fourth, first, values[1], values[2], ...rest])
  t.same(verdict, { ...none, disordered: [0] })
  t.notOk(isSound(verdict, { duplicates: 'allowed' }))
  const late = oracleOf().judge([...values.slice(0, 4), ...values.slice(5), ...values.slice(2, 6)])
  t.same(late.disordered, [4], 'a replay does not hide what it jumped over before')
})

t.test('a changed value, also one that is a whole record under another number', async (t) => {
  const changed = (values[4] as string).replace('"s":1', '"s":2')
  const verdict = oracleOf().judge([...values.slice(0, 4), changed, ...values.slice(5)])
  t.same(verdict, { ...none, missing: [4], changed: [changed] })
  const other = numberedRecord(4, { keys: 5 })
  t.same(oracleOf().judge([...values, other.value]), { ...none, changed: [other.value] })
})

t.test('a record that nobody sent', async (t) => {
  const foreign = numberedRecord(99, { keys })
  const verdict = oracleOf().judge([...values, foreign.value])
  t.same(verdict, { ...none, unknown: [99] })
  t.match(inWords(verdict), /0 missing, .*1 unknown \(99\)/)
})

t.test('a table holds the last of each key, or one that came later', async (t) => {
  const rows = records.slice(-3).map(({ fields }) => fields)
  t.same(oracleOf().judgeTable(rows), none)
  t.same(oracleOf(records.slice(0, 6)).judgeTable(rows), none, 'newer than acknowledged')
  t.same(oracleOf().judgeTable(rows.slice(1)), { ...none, missing: [9] })
  const stale = [records[6]?.fields, ...rows.slice(1)]
  t.same(oracleOf().judgeTable(stale), { ...none, disordered: [9] })
  t.same(oracleOf().judgeTable([...rows, rows[0]]), { ...none, duplicates: [9] })
  const changed = { ...records[9]?.fields, pad: 'x' }
  t.same(oracleOf().judgeTable([changed, ...rows.slice(1)]), {
    ...none,
    missing: [9],
    changed: [changed],
  })
})

t.test('an offset ahead of the target', async (t) => {
  const log = records.map(({ fields: { n } }) => ({
    topic: 'a',
    partition: n % 2,
    offset: n >> 1,
    n,
  }))
  const committed = [
    { topic: 'a', partition: 0, offset: 3 },
    { topic: 'a', partition: 1, offset: 1 },
  ]
  const held = new Set([0, 1, 2, 4])
  t.same(
    aheadOfTarget(committed, log, (n) => held.has(n)),
    [],
  )
  held.delete(2)
  t.same(
    aheadOfTarget(committed, log, (n) => held.has(n)),
    [2],
  )
  t.same(
    aheadOfTarget([{ topic: 'a', partition: 1, offset: 6 }], log, (n) => held.has(n)),
    [3, 5, 7, 9, 11],
  )
})
