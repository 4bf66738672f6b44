import t from 'tap'
import { murmur2, partitionForKey } from '../../../runtime/log/partition.ts'

t.test('keys hash as they do in Kafka’s Java client', async (t) => {
  // From the Java client's own test of its murmur2.
  for (const [key, hash] of [
    ['21', -973_932_308],
    ['foobar', -790_332_482],
    ['a-little-bit-long-string', -985_981_536],
    ['a-little-bit-longer-string', -1_486_304_829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58_897_971],
    ['abc', 479_470_107],
  ] as const) {
    t.equal(murmur2(Buffer.from(key)), hash, key)
  }
})

t.test('a key’s partition is never negative', async (t) => {
  t.equal(partitionForKey(Buffer.from('21'), 1000), (-973_932_308 & 0x7fffffff) % 1000)
  for (let i = 0; i < 1000; i++) {
    const partition = partitionForKey(Buffer.from(`key ${i}`), 7)
    if (partition < 0 || partition > 6) t.fail(`key ${i} goes to ${partition}`)
  }
})
