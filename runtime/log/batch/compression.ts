import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { ConnectException } from '../../api/errors.ts'

/** Kafka's codec numbers, as in a batch's attributes. */
const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

/** No batch unfolds to more than this: a damaged or hostile one must not take the memory of the worker (I6). */
const MAX_BYTES = 256 * 1024 * 1024

/** Throws a RangeError when the bytes are not what the codec writes. */
export function decompress(codec: number, bytes: Uint8Array): Buffer {
  const name = codecs[codec]
  if (name !== 'gzip' && name !== 'zstd') {
    throw new ConnectException(
      `Batches compressed with ${name ?? `codec ${codec}`} cannot be read`,
      { hint: 'Let the producer compress with gzip or zstd, or not at all (compression.type).' },
    )
  }
  const unfold = name === 'gzip' ? gunzipSync : zstdDecompressSync
  try {
    return unfold(bytes, { maxOutputLength: MAX_BYTES })
  } catch (cause) {
    throw new RangeError(`its ${name} content is broken: ${(cause as Error).message}`, { cause })
  }
}
