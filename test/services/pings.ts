import { exchange } from './exchange.ts'

/** Kafka's ApiVersions, version 0, correlation 1, no client id. */
const apiVersions = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 255, 255])

/** Whether a broker answers there, without an error. */
export async function isKafka(port: number): Promise<boolean> {
  const answer = await exchange(port, apiVersions, (bytes) => bytes.length >= 10)
  return answer !== undefined && answer.readInt32BE(4) === 1 && answer.readInt16BE(8) === 0
}

export async function isRedis(port: number): Promise<boolean> {
  const answer = await exchange(port, Buffer.from('PING\r\n'), (bytes) => bytes.includes('\r\n'))
  return answer?.toString().startsWith('+PONG') === true
}

/** `{ hello: 1, $db: 'admin' }` as MongoDB's OP_MSG. */
function helloMessage(): Buffer {
  const fields = Buffer.concat([
    Buffer.from('\x10hello\0\x01\0\0\0', 'latin1'),
    Buffer.from('\x02$db\0\x06\0\0\0admin\0', 'latin1'),
  ])
  const document = Buffer.alloc(4 + fields.length + 1)
  document.writeInt32LE(document.length)
  fields.copy(document, 4)
  const header = Buffer.alloc(21)
  header.writeInt32LE(header.length + document.length)
  header.writeInt32LE(1, 4)
  header.writeInt32LE(2013, 12) // OP_MSG; flags and the kind of the one section stay 0
  return Buffer.concat([header, document])
}

/** Whether a server says there that it takes writes. */
export async function isMongo(port: number): Promise<boolean> {
  const whole = (bytes: Buffer) => bytes.length >= 4 && bytes.length >= bytes.readInt32LE(0)
  const answer = await exchange(port, helloMessage(), whole)
  return answer?.includes(Buffer.from('\x08isWritablePrimary\0\x01', 'latin1')) === true
}
