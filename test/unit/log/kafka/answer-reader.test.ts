import t from 'tap'
import { AnswerReader } from '../../../../runtime/log/kafka/connection/answer-reader.ts'

/** An answer as it comes over the wire. */
function framed(correlationId: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.writeInt32BE(4 + payload.length)
  head.writeInt32BE(correlationId, 4)
  return Buffer.concat([head, payload])
}

t.test(
  'answers are put together however the socket breaks them, from a buffer used again',
  async (t) => {
    const payloads = [0, 1, 3, 2047, 2048, 70_000].map((bytes) => Buffer.alloc(bytes, bytes % 251))
    const stream = Buffer.concat(payloads.map((payload, id) => framed(id, payload)))
    for (const chunk of [1, 2, 3, 5, 7, 64, 4096, 65_536, stream.length]) {
      const got: [number, Buffer, number][] = []
      const reader = new AnswerReader((id, payload, size) => got.push([id, payload, size]))
      const socketBuffer = Buffer.alloc(chunk)
      for (let at = 0; at < stream.length; at += chunk) {
        const bytes = stream.copy(socketBuffer, 0, at)
        reader.take(socketBuffer.subarray(0, bytes))
        socketBuffer.fill(0xff)
      }
      t.same(
        got.map(([id, payload, size]) => [id, payload.equals(payloads[id] as Buffer), size]),
        payloads.map(({ length }, id) => [id, true, length + 4]),
        `in pieces of ${chunk}`,
      )
    }
  },
)

t.test('a length that no answer has is refused before memory is taken for it', async (t) => {
  for (const length of [-1, 0, 3, 0x7fff_ffff]) {
    const reader = new AnswerReader(() => t.fail('no answer'))
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(length)
    t.throws(() => reader.take(bytes), RangeError)
  }
})
