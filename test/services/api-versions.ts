import { once } from 'node:events'
import { connect } from 'node:net'

/** Kafka's ApiVersions, version 0, correlation 1, no client id. */
const request = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 255, 255])

/** Whether a broker answers ApiVersions at that port, without an error. */
export async function answersApiVersions(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    socket.setTimeout(2000, () => socket.destroy(new Error('no answer')))
    await once(socket, 'connect')
    socket.write(request)
    let answer = Buffer.alloc(0)
    for await (const chunk of socket) {
      answer = Buffer.concat([answer, chunk as Buffer])
      if (answer.length >= 10) return answer.readInt32BE(4) === 1 && answer.readInt16BE(8) === 0
    }
    return false
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
