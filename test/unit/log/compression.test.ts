import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { compressFrameSync } from 'lz4-napi'
import { compressSync } from 'snappy'
import t from 'tap'
import { type Codec, codecs, compress, decompress } from '../../../runtime/log/batch/compression.ts'

const number = (codec: Codec) => codecs.indexOf(codec)
const text = Buffer.from('größe 尺寸 '.repeat(20_000))
const fixture = (name: string) =>
  readFileSync(`${import.meta.dirname}/../../fixtures/batches/${name}`)
const lines = Buffer.from(Array.from({ length: 12_000 }, (_, i) => `line ${i % 100}\n`).join(''))

// First of all: nothing has loaded the packages yet in here.
t.test('a codec whose package is missing is named, with its package', async (t) => {
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      if (specifier === 'snappy' || specifier === 'lz4-napi') throw new Error('not installed')
      return next(specifier, context)
    },
  })
  try {
    const missing = (codec: string, name: string) => ({
      code: 'CONNECT_ERROR',
      message: new RegExp(`${codec}.*${name}`),
      hint: /npm install/,
    })
    t.throws(() => decompress(2, compressSync('x')), missing('snappy', 'snappy'))
    t.throws(() => decompress(3, compressFrameSync('x')), missing('lz4', 'lz4-napi'))
    t.throws(() => compress('lz4', text), missing('lz4', 'lz4-napi'))
  } finally {
    hooks.deregister()
  }
  t.strictSame(decompress(2, compressSync('x')), Buffer.from('x'), 'installed, it goes on')
})

t.test('each codec reads what it wrote', async (t) => {
  for (const codec of codecs) {
    for (const content of [Buffer.from('x'), text, Buffer.alloc(3_000_000, 'z')]) {
      const written = compress(codec, content)
      t.ok(decompress(number(codec), written).equals(content), `${codec}, ${content.length} bytes`)
      if (codec !== 'none' && content === text) t.ok(written.length < text.length / 4)
    }
  }
  t.throws(() => decompress(5, text), { code: 'CONNECT_ERROR', message: /codec 5/ })
})

t.test('snappy comes as one block, in a stream of blocks, or in streams joined', async (t) => {
  const head = Buffer.from('82534e41505059000000000100000001', 'hex')
  const block = (part: Buffer) => {
    const bytes = compressSync(part)
    const size = Buffer.alloc(4)
    size.writeUInt32BE(bytes.length)
    return [size, bytes]
  }
  const halves = [...block(text.subarray(0, 100_000)), ...block(text.subarray(100_000))]
  t.ok(decompress(2, compressSync(text)).equals(text))
  t.ok(decompress(2, Buffer.concat([head, ...halves])).equals(text))
  t.ok(
    decompress(2, Buffer.concat([head, ...halves, head, ...halves])).equals(
      Buffer.concat([text, text]),
    ),
  )
})

t.test('lz4 comes in frames of every kind, and in several', async (t) => {
  const linked = fixture('lines-linked.lz4')
  const sized = fixture('lines-sized.lz4')
  const checked = compressFrameSync(lines, { contentChecksum: true, blockChecksums: true })
  const skipped = Buffer.from('502a4d1803000000aabbcc', 'hex')
  for (const frame of [linked, sized, checked]) t.ok(decompress(3, frame).equals(lines))
  t.ok(
    decompress(3, Buffer.concat([linked, skipped, sized, checked])).equals(
      Buffer.concat([lines, lines, lines]),
    ),
  )
})

t.test('broken content is a RangeError, wherever it is cut', async (t) => {
  const whole: Record<string, Buffer> = {
    gzip: gzipSync(lines),
    snappy: compress('snappy', lines),
    lz4: fixture('lines-sized.lz4'),
    zstd: zstdCompressSync(lines),
  }
  for (const [codec, bytes] of Object.entries(whole)) {
    const broken = { name: 'RangeError', message: new RegExp(`its ${codec} content is broken`) }
    for (let length = 1; length < bytes.length; length += 1 + (bytes.length >> 6))
      t.throws(() => decompress(number(codec as Codec), bytes.subarray(0, length)), broken)
    t.throws(() => decompress(number(codec as Codec), Buffer.from('nonsense')), broken)
  }
  t.throws(() => decompress(3, Buffer.concat([whole['lz4']!, Buffer.from('z')])), RangeError)
  const withoutEnd = compressFrameSync(lines).subarray(0, -4)
  t.throws(() => decompress(3, withoutEnd), RangeError, 'the package by itself takes it for whole')
  const flipped = Buffer.from(whole['lz4']!)
  flipped[100] = flipped[100]! ^ 1
  t.throws(() => decompress(3, flipped), RangeError, 'a checksum of the frame is wrong')
})

t.test(
  'what would unfold to more than the bound is refused, the bound itself is not',
  async (t) => {
    const bound = 2 ** 20
    for (const codec of codecs.slice(1)) {
      const refused = { name: 'RangeError', message: new RegExp(`its ${codec} content`) }
      const least = compress(codec, Buffer.alloc(bound + 1))
      const most = compress(codec, Buffer.alloc(bound))
      t.throws(() => decompress(number(codec), least, bound), refused, codec)
      t.equal(decompress(number(codec), most, bound).length, bound)
      t.equal(decompress(number(codec), least).length, bound + 1, 'the bound is 256 MB by itself')
    }
    const many = Array.from({ length: 5 }, () => compressFrameSync(Buffer.alloc(bound / 4)))
    t.throws(() => decompress(3, Buffer.concat(many), bound), /unfolds to more/, 'over all frames')
    t.equal(decompress(3, Buffer.concat(many.slice(1)), bound).length, bound)
    const literals = frameOfLiterals(40)
    t.equal(decompress(3, literals, bound).length, 40 * 20_000, 'though its blocks may hold 4 MB')
    t.throws(() => decompress(3, frameOfLiterals(60), bound), /unfolds to more/)

    t.throws(() => decompress(2, compressSync(Buffer.alloc(bound + 1)), bound), /unfolds to more/)
    t.throws(() => decompress(2, Buffer.from('ffffffff0f00', 'hex')), /unfolds to more/)
    // A block of three bytes that says 100 MB: within the bound, but never in three bytes.
    t.throws(() => decompress(2, Buffer.from('80c2d72f000000', 'hex')), /impossible size/)
  },
)

/** Blocks of up to 4 MB each, as the frame says, that hold 20,000 bytes without a match. */
function frameOfLiterals(blocks: number): Buffer {
  const length = 20_000 - 15
  const block = Buffer.concat([
    Buffer.from([0xf0]),
    Buffer.alloc(Math.floor(length / 255), 255),
    Buffer.from([length % 255]),
    Buffer.alloc(20_000, 'x'),
  ])
  const size = Buffer.alloc(4)
  size.writeUInt32LE(block.length)
  const all = Array.from({ length: blocks }, () => [size, block]).flat()
  return Buffer.concat([Buffer.from('04224d18607073', 'hex'), ...all, Buffer.alloc(4)])
}
