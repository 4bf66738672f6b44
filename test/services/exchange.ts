import { once } from 'node:events'
import { connect } from 'node:net'

/** Sends a request and returns the answer once `isWhole`; undefined when nothing listens or nothing whole comes within 2 s. */
export async function exchange(
  port: number,
  request: Buffer,
  isWhole: (answer: Buffer) => boolean,
): Promise<Buffer | undefined> {
  const socket = connect(port, '127.0.0.1')
  try {
    socket.setTimeout(2000, () => socket.destroy(new Error('no answer')))
    await once(socket, 'connect')
    socket.write(request)
    let answer = Buffer.alloc(0)
    for await (const chunk of socket) {
      answer = Buffer.concat([answer, chunk as Buffer])
      if (isWhole(answer)) return answer
    }
    return undefined
  } catch {
    return undefined
  } finally {
    socket.destroy()
  }
}

export async function answersHttp(
  url: string,
  headers: Record<string, string> = {},
): Promise<boolean> {
  try {
    const answer = await fetch(url, { headers, signal: AbortSignal.timeout(10_000) })
    await answer.arrayBuffer()
    return answer.status === 200
  } catch {
    return false
  }
}
