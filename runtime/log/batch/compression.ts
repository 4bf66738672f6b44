import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { ConnectException } from '../../api/errors.ts'

/** Kafka's codec numbers, as in a batch's attributes. */
const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

/** No batch unfolds to more than this: a damaged or hostile one must not take the memory of the worker (I6). */
const MAX_BYTES = 256 * 1024 * 1024

export function decompress(codec: number, bytes: Uint8Array): Buffer {
  const name = codecs[codec]
  if (name === 'gzip') return gunzipSync(bytes, { maxOutputLength: MAX_BYTES })
  if (name === 'zstd') return zstdDecompressSync(bytes, { maxOutputLength: MAX_BYTES })
  throw new ConnectException(`Batches compressed with ${name ?? `codec ${codec}`} cannot be read`, {
    hint: 'Let the producer compress with gzip or zstd, or not at all (compression.type).',
  })
}
