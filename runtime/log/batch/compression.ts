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

const unfold: Record<Codec, (bytes: Buffer) => Buffer> = {
  none: (bytes) => bytes,
  gzip: (bytes) => gunzipSync(bytes, { maxOutputLength: MAX_BYTES }),
  snappy: (bytes) => decompressSnappy(bytes, MAX_BYTES),
  lz4: (bytes) => decompressLz4(bytes, MAX_BYTES),
  zstd: (bytes) => zstdDecompressSync(bytes, { maxOutputLength: MAX_BYTES }),
}

const fold: Record<Codec, (bytes: Buffer) => Buffer> = {
  none: (bytes) => bytes,
  gzip: (bytes) => gzipSync(bytes),
  snappy: compressSnappy,
  lz4: compressLz4,
  zstd: (bytes) => zstdCompressSync(bytes),
}

/** Throws a RangeError when the bytes are not what the codec writes, a ConnectException when the codec cannot be had. */
export function decompress(codec: number, bytes: Buffer): Buffer {
  const name = codecs[codec]
  if (name === undefined) {
    throw new ConnectException(`Batches compressed with codec ${codec} cannot be read`, {
      hint: `Let the producer compress with one of ${codecs.slice(1).join(', ')} (compression.type).`,
    })
  }
  try {
    return unfold[name](bytes)
  } catch (cause) {
    if (cause instanceof ConnectException) throw cause
    throw new RangeError(`its ${name} content is broken: ${(cause as Error).message}`, { cause })
  }
}

export function compress(codec: Codec, bytes: Buffer): Buffer {
  return fold[codec](bytes)
}
