import { createReadStream, fstatSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { isatty, ReadStream } from 'node:tty'

/** The worker's standard input. Not `process.stdin`, which is empty in a thread. */
export async function* standardInput(signal: AbortSignal): AsyncGenerator<Buffer> {
  const stream = openInput()
  const stop = () => stream.destroy()
  signal.addEventListener('abort', stop, { once: true })
  try {
    if (!signal.aborted) yield* stream
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    signal.removeEventListener('abort', stop)
    stream.destroy()
  }
}

/** A read of a pipe or a terminal that waits can only be given up as a socket's. */
function openInput(): Readable {
  if (isatty(0)) return new ReadStream(0)
  const input = fstatSync(0)
  return input.isFIFO() || input.isSocket()
    ? new Socket({ fd: 0, readable: true, writable: false })
    : createReadStream('', { fd: 0, autoClose: false })
}
