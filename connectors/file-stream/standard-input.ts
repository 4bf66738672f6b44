import { constants, createReadStream, fstatSync, openSync } from 'node:fs'
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

/**
 * On a descriptor of its own: closing 0 would give that number to the next file that is opened. A read of a pipe or a terminal that waits can
 * only be given up as a socket's.
 */
function openInput(): Readable {
  const fd = openSync('/dev/stdin', constants.O_RDONLY | constants.O_NONBLOCK)
  if (isatty(fd)) return new ReadStream(fd)
  return fstatSync(fd).isFIFO()
    ? new Socket({ fd, readable: true, writable: false })
    : createReadStream('', { fd })
}
