import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { ConnectException } from '../../api/errors.ts'
import { compressLz4, decompressLz4 } from './lz4.ts'
import { compressSnappy, decompressSnappy } from './snappy.ts'

/** `compression.type`. */
export type Codec = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

/** Their numbers in a batch's attributes. */
export const codecs: readonly Codec[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

/** No batch unfolds to more than this: a damaged or hostile one must not take the memory of the worker (I6). */
const MAX_BYTES = 256 * 1024 * 1024

const unfold: Record<Codec, (bytes: Buffer, maxOutputLength: number) => Buffer> = {
  none: (bytes) => bytes,
  gzip: (bytes, maxOutputLength) => gunzipSync(bytes, { maxOutputLength }),
  snappy: decompressSnappy,
  lz4: decompressLz4,
  zstd: (bytes, maxOutputLength) => zstdDecompressSync(bytes, { maxOutputLength }),
}

const fold: Record<Codec, (bytes: Buffer) => Buffer> = {
  none: (bytes) => bytes,
  gzip: (bytes) => gzipSync(bytes),
  snappy: compressSnappy,
  lz4: compressLz4,
  zstd: (bytes) => zstdCompressSync(bytes),
}

/** Throws a RangeError when the bytes are not what the codec writes, a ConnectException when the codec cannot be had. */
export function decompress(codec: number, bytes: Buffer, maxBytes = MAX_BYTES): Buffer {
  const name = codecs[codec]
  if (name === undefined) {
    throw new ConnectException(`Batches compressed with codec ${codec} cannot be read`, {
      hint: `Let the producer compress with one of ${codecs.slice(1).join(', ')} (compression.type).`,
    })
  }
  try {
    return unfold[name](bytes, maxBytes)
  } catch (cause) {
    if (cause instanceof ConnectException) throw cause
    throw new RangeError(`its ${name} content is broken: ${(cause as Error).message}`, { cause })
  }
}

export function compress(codec: Codec, bytes: Buffer): Buffer {
  return fold[codec](bytes)
}
