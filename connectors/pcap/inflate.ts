import { createGunzip, createZstdDecompress } from 'node:zlib'
import { CaptureError, type Container } from '../../runtime/packet/index.ts'

const inflaters = { gzip: createGunzip, zstd: createZstdDecompress } as const

export type Compression = keyof typeof inflaters

export function isCompression(container: Container): container is Compression {
  return Object.hasOwn(inflaters, container)
}

const OUTPUT_CHUNK_BYTES = 256 * 1024

/**
 * Inflates chunk by chunk, all members of a file. The streams' own iteration drops what was inflated when an error comes after it; here
 * everything before the trouble is given first. I6: one compressed chunk is in work at a time, and deflate grows at most 1032-fold.
 */
export async function* inflate(
  compressed: AsyncIterable<Uint8Array>,
  compression: Compression,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  const inflater = inflaters[compression]({ chunkSize: OUTPUT_CHUNK_BYTES })
  const ready: Uint8Array[] = []
  let failure: Error | undefined
  let total = 0
  const closed = new Promise<void>((resolve) => inflater.once('close', resolve))
  inflater.on('data', (chunk: Uint8Array) => ready.push(chunk))
  inflater.on('error', (error) => {
    failure = error
  })
  const drain = function* () {
    for (const chunk of ready.splice(0)) {
      total += chunk.length
      if (total > maxBytes) {
        throw new CaptureError(
          'corrupt',
          total,
          `it grows beyond ${maxBytes} octets (pcap.max.decompressed.bytes)`,
        )
      }
      yield chunk
    }
    if (failure !== undefined) throw asCaptureError(failure, total)
  }
  try {
    for await (const chunk of compressed) {
      // After an error the write's own callback may never come: the stream closes instead.
      await Promise.race([new Promise((resolve) => inflater.write(chunk, resolve)), closed])
      yield* drain()
    }
    inflater.end()
    await closed
    yield* drain()
  } finally {
    inflater.destroy()
  }
}

function asCaptureError(error: Error, position: number): CaptureError {
  const isCut = error.message.includes('unexpected end')
  return isCut
    ? new CaptureError('cut-short', position, 'the compressed data end before their own end mark')
    : new CaptureError('corrupt', position, `the compressed data are damaged (${error.message})`)
}
