import t from 'tap'
import { WireReader } from '../../../../runtime/log/kafka/protocol/wire-reader.ts'
import { WireWriter } from '../../../../runtime/log/kafka/protocol/wire-writer.ts'

t.test('raw memory is passed on without a copy, between what is written around it', async (t) => {
  const writer = new WireWriter()
  const batch = Buffer.alloc(100_000, 7)
  writer.string('before')
  writer.bytes(batch)
  writer.string('after')
  t.equal(writer.length, 8 + 4 + 100_000 + 7)
  const chunks = writer.chunks()
  t.equal(chunks.length, 3)
  t.equal(chunks[1], batch)
  writer.int8(1)
  t.equal(writer.chunks().length, 4, 'it goes on behind what was taken')
  t.equal(Buffer.concat(writer.chunks()).length, writer.length)
})

t.test('plain Uint8Arrays are passed on as views too', async (t) => {
  const bytes = new Uint8Array([9, 1, 2, 3, 9]).subarray(1, 4)
  const writer = new WireWriter()
  writer.raw(bytes)
  t.strictSame(writer.chunks(), [Buffer.from([1, 2, 3])])
  bytes[0] = 5
  t.strictSame(writer.chunks(), [Buffer.from([5, 2, 3])])
})

t.test('what is written is read again, over any number of chunks', async (t) => {
  const texts = ['', 'ascii', 'ünïcödé', '𝄞'.repeat(400), 'x'.repeat(32_767)]
  const integers = [
    0,
    -1,
    1,
    2 ** 31,
    -(2 ** 31),
    Number.MAX_SAFE_INTEGER,
    -Number.MAX_SAFE_INTEGER,
  ]
  const big = [2n ** 63n - 1n, -(2n ** 63n), -1n]
  const lengths = [0, 1, 127, 128, 16_383, 16_384, 2 ** 21, 2 ** 28, 2 ** 32 - 1]
  const writer = new WireWriter()
  for (let round = 0; round < 50; round++) {
    writer.array(texts, (each) => writer.string(each))
    writer.compactArray(texts, (each) => writer.compactNullableString(each))
    writer.nullableString(null)
    writer.compactNullableString(null)
    writer.nullableBytes(null)
    writer.compactNullableBytes(null)
    writer.nullableArray(null, () => {})
    writer.compactNullableArray(null, () => {})
    writer.compactBytes(Buffer.from('view'))
    for (const each of integers) writer.int64(each)
    for (const each of big) writer.int64(each)
    for (const each of lengths) writer.unsignedVarint(each)
    writer.uint32(2 ** 32 - 1)
    writer.boolean(true)
    writer.uuid('cJqYLfvzR4yXRt6cY6VXmg')
    writer.tags()
  }
  const reader = new WireReader(Buffer.concat(writer.chunks()))
  for (let round = 0; round < 50; round++) {
    t.strictSame(
      reader.array(() => reader.string()),
      texts,
    )
    t.strictSame(
      reader.compactArray(() => reader.compactString()),
      texts,
    )
    t.equal(reader.nullableString(), null)
    t.equal(reader.compactNullableString(), null)
    t.equal(reader.nullableBytes(), null)
    t.equal(reader.compactNullableBytes(), null)
    t.equal(
      reader.nullableArray(() => 0),
      null,
    )
    t.equal(
      reader.compactNullableArray(() => 0),
      null,
    )
    t.equal(reader.compactBytes().toString(), 'view')
    for (const each of integers) t.equal(reader.int64(), each)
    for (const each of big) t.equal(reader.bigInt64(), each)
    for (const each of lengths) t.equal(reader.unsignedVarint(), each)
    t.equal(reader.uint32(), 2 ** 32 - 1)
    t.equal(reader.boolean(), true)
    t.equal(reader.uuid(), 'cJqYLfvzR4yXRt6cY6VXmg')
    reader.tags()
  }
  t.equal(reader.remaining, 0)
})

t.test('what the protocol cannot carry exactly is refused', async (t) => {
  const writer = new WireWriter()
  t.throws(() => writer.string('x'.repeat(32_768)), RangeError)
  t.throws(() => writer.int64(2 ** 53), RangeError)
  t.throws(() => writer.int64(1.5), RangeError)
  t.throws(() => writer.int64(2n ** 63n), RangeError)
  t.throws(() => writer.int16(-32_769), RangeError)
  t.throws(() => writer.int32(2 ** 31), RangeError)
  t.throws(() => writer.uuid('short'), RangeError)
  t.equal(writer.length, 0)
})

t.test('what a number cannot hold exactly is not read as one', async (t) => {
  const writer = new WireWriter()
  writer.int64(2n ** 53n)
  writer.int64(-(2n ** 53n))
  const reader = new WireReader(writer.chunks()[0]!)
  t.throws(() => reader.int64(), RangeError)
  t.throws(() => reader.int64(), RangeError)
})

t.test('hostile lengths end at once', async (t) => {
  const reader = (hex: string) => new WireReader(Buffer.from(hex, 'hex'))
  t.throws(() => reader('7fffffff').array(() => 0), RangeError)
  t.throws(() => reader('ffffffff0f').compactArray(() => 0), RangeError)
  t.throws(() => reader('ffffffffffff').unsignedVarint(), RangeError)
  t.throws(() => reader('ffffffff0f').tags(), RangeError)
  t.throws(() => reader('7fffffff00').bytes(), RangeError)
  t.throws(() => reader('7fff00').string(), RangeError)
  t.throws(() => reader('ffffffff').bytes(), RangeError, 'null where there must be something')
  t.throws(() => reader('').bytesView(-1), RangeError)
})
