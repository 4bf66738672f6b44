import { type FileHandle, open, stat } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { ConnectException, type Logger, RetriableException } from '../../runtime/api/index.ts'
import { type Line, LineSplitter } from './line-splitter.ts'

const chunkBytes = 256 * 1024
/** How soon new lines are seen. */
const pollMs = 250

/** Lines of a growing file from a position on. A missing file is waited for; one that was cut or replaced is read from its beginning. */
export async function* tail(
  file: string,
  start: number,
  { signal, log }: { readonly signal: AbortSignal; readonly log: Logger },
): AsyncGenerator<Line[]> {
  let position = start
  while (!signal.aborted) {
    const handle = await openWhenThere(file, signal, log)
    if (handle === undefined) return
    try {
      if ((await handle.stat()).size < position) {
        log.warn(
          { file, position },
          'the file is shorter than what was read of it; reading starts at 0',
        )
        position = 0
      }
      yield* linesOf(handle, position, () => isSame(handle, file, signal))
    } catch (error) {
      throw readError(file, error)
    } finally {
      await handle.close()
    }
    if (!signal.aborted) log.info({ file }, 'the file was cut or replaced; reading starts at 0')
    position = 0
  }
}

/** `grows` waits; false when there is nothing more to come. */
async function* linesOf(
  handle: FileHandle,
  start: number,
  grows: (position: number) => Promise<boolean>,
): AsyncGenerator<Line[]> {
  const splitter = new LineSplitter(start)
  const chunk = Buffer.allocUnsafe(chunkBytes)
  let position = start
  for (;;) {
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, position)
    if (bytesRead === 0) {
      if (!(await grows(position))) return
      continue
    }
    position += bytesRead
    const lines = splitter.push(chunk.subarray(0, bytesRead))
    if (lines.length > 0) yield lines
  }
}

/** After a while: still this file, and no shorter. */
async function isSame(handle: FileHandle, file: string, signal: AbortSignal): Promise<boolean> {
  const before = await handle.stat()
  if (!(await rest(signal))) return false
  const [mine, named] = await Promise.all([handle.stat(), stat(file).catch(() => undefined)])
  if (mine.size < before.size) return false
  // Removed: it may come back under the same name; until then whoever has it open may still write to it.
  return named === undefined || (named.ino === mine.ino && named.dev === mine.dev)
}

async function openWhenThere(
  file: string,
  signal: AbortSignal,
  log: Logger,
): Promise<FileHandle | undefined> {
  for (let isFirst = true; !signal.aborted; isFirst = false) {
    try {
      return await open(file, 'r')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw readError(file, error)
      if (isFirst) log.warn({ file }, 'the file is missing and waited for')
    }
    await rest(signal)
  }
  return undefined
}

/** False: told to stop. */
async function rest(signal: AbortSignal): Promise<boolean> {
  try {
    await setTimeout(pollMs, undefined, { signal })
    return true
  } catch (error) {
    if (signal.aborted) return false
    throw error
  }
}

const passing = new Set(['EMFILE', 'ENFILE', 'EIO', 'EAGAIN', 'ESTALE', 'ENOMEM'])

function readError(file: string, error: unknown): unknown {
  if (error instanceof ConnectException) return error
  const { code = '', message } = error as NodeJS.ErrnoException
  const text = `Reading ${file} failed: ${message}`
  if (passing.has(code)) return new RetriableException(text, { cause: error })
  return new ConnectException(text, {
    cause: error,
    hint: 'Check that `file` is a file that the worker may read.',
  })
}
