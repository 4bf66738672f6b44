import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { CaptureError, type Container, detectContainer } from '../../runtime/packet/index.ts'
import { inflate, isCompression } from './inflate.ts'
import { changedFile, fileTrouble, notAFile } from './trouble.ts'

/** Octets whose hash tells whether a file is still the one that was read. */
export const HEAD_OCTETS = 64

const CHUNK_BYTES = 1024 * 1024
/** Small, as what it inflates to is held at once. */
const COMPRESSED_CHUNK_BYTES = 32 * 1024

/** An open capture: its decompressed stream from any position on. Descriptors stay with the file, even when it is renamed meanwhile. */
export class CaptureFile {
  readonly path: string
  readonly modifiedMs: number
  /** First octets of the decompressed stream; fewer when it is shorter. */
  readonly head: Uint8Array
  readonly #handle: FileHandle
  readonly #container: Container
  readonly #maxBytes: number

  private constructor(
    path: string,
    handle: FileHandle,
    found: { modifiedMs: number; container: Container; maxBytes: number; head: Uint8Array },
  ) {
    this.path = path
    this.modifiedMs = found.modifiedMs
    this.head = found.head
    this.#handle = handle
    this.#container = found.container
    this.#maxBytes = found.maxBytes
  }

  /** Fails with words for a person when there is no such file, or no right to read it. */
  static async open(path: string, maxBytes: number): Promise<CaptureFile> {
    // A FIFO would block the open until somebody writes into it.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error) => {
      throw fileTrouble(path, error)
    })
    try {
      const stats = await handle.stat()
      if (!stats.isFile())
        throw notAFile(path, stats.isDirectory() ? 'folder' : 'FIFO, socket or device')
      const container = detectContainer(
        await firstOctets(readFile(path, handle, { from: 0, chunkBytes: HEAD_OCTETS })),
      )
      const found = { modifiedMs: Math.trunc(stats.mtimeMs), container, maxBytes }
      const bare = new CaptureFile(path, handle, { ...found, head: new Uint8Array(0) })
      return new CaptureFile(path, handle, { ...found, head: await firstOctets(bare.chunks(0)) })
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** The decompressed stream from `position` on. A chunk is valid until the next one is asked for. Fails when the file is shorter. */
  async *chunks(position: number, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    if (this.#container === 'lz4')
      throw new CaptureError('unsupported', 0, 'it is compressed with lz4: run lz4 -d on it')
    if (!isCompression(this.#container)) {
      const { size } = await this.#handle.stat()
      if (size < position) throw this.#shorter(position)
      yield* readFile(this.path, this.#handle, { from: position, chunkBytes: CHUNK_BYTES })
      return
    }
    const compressed = readFile(this.path, this.#handle, {
      from: 0,
      chunkBytes: COMPRESSED_CHUNK_BYTES,
    })
    // Skipping many gigabytes takes long: a stop does not wait for it.
    let toSkip = position
    for await (const chunk of inflate(compressed, this.#container, this.#maxBytes)) {
      if (chunk.length > toSkip) yield toSkip === 0 ? chunk : chunk.subarray(toSkip)
      toSkip = Math.max(0, toSkip - chunk.length)
      if (signal?.aborted) return
    }
    if (toSkip > 0) throw this.#shorter(position)
  }

  #shorter(position: number): Error {
    return changedFile(this.path, `it holds fewer than the ${position} octets that were read`)
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }
}

async function* readFile(
  path: string,
  handle: FileHandle,
  { from, chunkBytes }: { readonly from: number; readonly chunkBytes: number },
): AsyncGenerator<Uint8Array> {
  const chunk = new Uint8Array(chunkBytes)
  for (let position = from; ; ) {
    const { bytesRead } = await handle.read(chunk, 0, chunkBytes, position).catch((error) => {
      throw fileTrouble(path, error)
    })
    if (bytesRead === 0) return
    position += bytesRead
    yield chunk.subarray(0, bytesRead)
  }
}

/** What a damaged beginning hides is found when the packets are read. */
async function firstOctets(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const head = new Uint8Array(HEAD_OCTETS)
  let filled = 0
  try {
    for await (const chunk of chunks) {
      const part = chunk.subarray(0, HEAD_OCTETS - filled)
      head.set(part, filled)
      filled += part.length
      if (filled === HEAD_OCTETS) break
    }
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error
  }
  return head.subarray(0, filled)
}
