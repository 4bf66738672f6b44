import { connect, type Socket } from 'node:net'
import type { Test } from 'tap'
import { decodeAnswer } from '../../runtime/log/kafka/protocol/decode-answer.ts'
import type { KafkaRequest } from '../../runtime/log/kafka/protocol/request.ts'
import { WireWriter } from '../../runtime/log/kafka/protocol/wire-writer.ts'

/** Speaks the protocol over a bare socket, one request at a time: what the broker answers is the answer. */
export class KafkaSocket {
  readonly #socket: Socket
  readonly #incoming: AsyncIterator<Buffer>
  #buffered = Buffer.alloc(0)
  #correlationId = 0

  static open(t: Test, { host, port }: { host: string; port: number }): KafkaSocket {
    const socket = connect({ host, port })
    t.teardown(() => socket.destroy())
    return new KafkaSocket(socket)
  }

  private constructor(socket: Socket) {
    this.#socket = socket
    this.#incoming = socket[Symbol.asyncIterator]()
  }

  async send<T>(request: KafkaRequest<T>): Promise<T> {
    const id = ++this.#correlationId
    const body = new WireWriter()
    await request.encode(body)
    const header = new WireWriter()
    header.int16(request.apiKey)
    header.int16(request.apiVersion)
    header.int32(id)
    header.nullableString('kafka-socket')
    if (request.isFlexible) header.tags()
    const size = new WireWriter()
    size.int32(header.length + body.length)
    this.#socket.write(Buffer.concat([...size.chunks(), ...header.chunks(), ...body.chunks()]))
    const answer = await this.#take((await this.#take(4)).readInt32BE())
    if (answer.readInt32BE() !== id) throw new Error('the answer belongs to another request')
    return decodeAnswer(request, answer.subarray(4))
  }

  async #take(bytes: number): Promise<Buffer> {
    while (this.#buffered.length < bytes) {
      const { value, done } = await this.#incoming.next()
      if (done) throw new Error('the broker closed the connection')
      this.#buffered = Buffer.concat([this.#buffered, value])
    }
    const taken = this.#buffered.subarray(0, bytes)
    this.#buffered = this.#buffered.subarray(bytes)
    return taken
  }
}
