import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Test } from 'tap'
import { WireWriter } from '../../runtime/log/kafka/protocol/wire-writer.ts'
import { spokenApis } from '../../runtime/log/kafka/versions.ts'

export interface Asked {
  readonly apiKey: number
  readonly correlationId: number
  readonly atMs: number
}

const API_VERSIONS = 18
const METADATA = 3

/** Answers ApiVersions and Metadata as a test wants it; for what no real broker would say. */
export class FakeBroker {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly asked: Asked[] = []
  /** What it says it serves: key, lowest, highest version. */
  versions: readonly (readonly [number, number, number])[] = spokenApis.map(
    ({ apiKey, apiVersion }) => [apiKey, apiVersion, apiVersion],
  )
  /** What the next answers to Metadata say of throttling. */
  throttleMs = 0
  /** Added to the correlation ids of answers to Metadata. */
  idShift = 0
  /** Written behind answers to Metadata, where nothing belongs. */
  extraBytes = 0
  /** The ports of the brokers that it says there are, from node 1 on. Default: its own. */
  brokers: readonly number[] | undefined
  /** While it is, it takes what is asked and answers nothing. */
  isFrozen = false
  readonly #held: (() => void)[] = []

  static async start(t: Test): Promise<FakeBroker> {
    const broker = new FakeBroker()
    await new Promise<void>((resolve) => broker.#server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => {
      for (const socket of broker.#sockets) socket.destroy()
      broker.#server.close()
    })
    return broker
  }

  private constructor() {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => socket.destroy())
      let buffered = Buffer.alloc(0)
      socket.on('data', (bytes) => {
        buffered = Buffer.concat([buffered, bytes as Buffer])
        while (buffered.length >= 4 && buffered.length >= 4 + buffered.readInt32BE(0)) {
          const end = 4 + buffered.readInt32BE(0)
          this.#answer(socket, buffered.subarray(0, end))
          buffered = buffered.subarray(end)
        }
      })
    })
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Everything that was asked meanwhile is answered, in order. */
  thaw(): void {
    this.isFrozen = false
    for (const answer of this.#held.splice(0)) answer()
  }

  #answer(socket: Socket, request: Buffer): void {
    if (this.isFrozen) {
      this.#held.push(() => this.#answer(socket, request))
      return
    }
    const apiKey = request.readInt16BE(4)
    const correlationId = request.readInt32BE(8)
    this.asked.push({ apiKey, correlationId, atMs: performance.now() })
    const writer = new WireWriter()
    if (apiKey === API_VERSIONS) this.#writeVersions(writer)
    else if (apiKey === METADATA) this.#writeMetadata(writer)
    else return
    const head = Buffer.alloc(8)
    head.writeInt32BE(4 + writer.length)
    head.writeInt32BE(correlationId + (apiKey === METADATA ? this.idShift : 0), 4)
    socket.write(Buffer.concat([head, ...writer.chunks()]))
  }

  #writeVersions(writer: WireWriter): void {
    writer.int16(0)
    writer.array(this.versions, (range) => {
      for (const value of range) writer.int16(value)
    })
    writer.int32(0)
  }

  #writeMetadata(writer: WireWriter): void {
    writer.tags()
    writer.int32(this.throttleMs)
    const ports = this.brokers ?? [this.port]
    writer.compactArray([...ports.entries()], ([at, port]) => {
      writer.int32(at + 1)
      writer.compactString('127.0.0.1')
      writer.int32(port)
      writer.compactNullableString(null)
      writer.tags()
    })
    writer.compactNullableString('a-cluster')
    writer.int32(1)
    writer.compactArray([], () => {})
    writer.tags()
    writer.raw(Buffer.alloc(this.extraBytes))
  }
}
