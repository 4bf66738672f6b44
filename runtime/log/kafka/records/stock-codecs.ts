import { codecs, compress, decompress } from '../../batch/compression.ts'
import { stockProtocol } from './stock-kafkajs.ts'

/** Gives kafkajs the codecs that it has only by name. */
export function registerStockCodecs(): void {
  const { compression } = stockProtocol()
  for (const name of ['snappy', 'lz4', 'zstd'] as const) {
    const number = codecs.indexOf(name)
    compression.Codecs[number] = () => ({
      compress: async (encoder) => compress(name, encoder.buffer),
      decompress: async (bytes) => decompress(number, bytes),
    })
  }
}
