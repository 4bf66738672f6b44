import type { ClientSettings } from '../../log.ts'
import type { ParsedSettings, Remark } from './parsed-settings.ts'
import { producerKeys } from './producer-keys.ts'
import { read } from './read.ts'
import { remarksOnOtherKeys } from './unused-keys.ts'

export type CompressionType = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

export interface ProducerSettings {
  readonly acks: -1 | 0 | 1
  readonly isIdempotent: boolean
  readonly compression: CompressionType
  /** null: the codec's own default. */
  readonly compressionLevel: number | null
  readonly maxRequestBytes: number
  readonly bufferBytes: number
  readonly maxInFlight: number
  readonly deliveryTimeoutMs: number
  readonly maxBlockMs: number
  readonly retries: number
  readonly transactionalId: string | null
  readonly transactionTimeoutMs: number
}

/** Java's producer keys → what ours needs. Connections are `connectionSettings`' part of the same keys. */
export function producerSettings(java: ClientSettings): ParsedSettings<ProducerSettings> {
  const { values, problems } = read(producerKeys, java)
  const acks = ({ '0': 0, '1': 1 } as const)[values.acks as string] ?? -1
  const isIdempotent = values['enable.idempotence'] ?? acks === -1
  const compression = values['compression.type'] as CompressionType
  const others = remarksOnOtherKeys('producer', java)
  return {
    settings: {
      acks,
      isIdempotent,
      compression,
      compressionLevel: levelOf(compression, java, values),
      maxRequestBytes: values['max.request.size'],
      bufferBytes: values['buffer.memory'],
      maxInFlight: values['max.in.flight.requests.per.connection'],
      deliveryTimeoutMs: values['delivery.timeout.ms'],
      maxBlockMs: values['max.block.ms'],
      retries: values.retries,
      transactionalId: values['transactional.id'],
      transactionTimeoutMs: values['transaction.timeout.ms'],
    },
    problems: [...problems, ...contradictions(values, acks), ...others.problems],
    warnings: others.warnings,
  }
}

type Values = ReturnType<typeof read<typeof producerKeys>>['values']

/** In Java's words: what idempotence and transactions rest on. */
function contradictions(values: Values, acks: number): readonly Remark[] {
  const found: Remark[] = []
  const isTransactional = values['transactional.id'] !== null
  if (values['enable.idempotence'] === true && acks !== -1)
    found.push([
      'acks',
      'Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence.',
    ])
  if (values['enable.idempotence'] === true && values['max.in.flight.requests.per.connection'] > 5)
    found.push([
      'max.in.flight.requests.per.connection',
      'Must set max.in.flight.requests.per.connection to at most 5 to use the idempotent producer.',
    ])
  if (values['enable.idempotence'] === true && values.retries === 0)
    found.push(['retries', 'Must set retries to non-zero when using the idempotent producer.'])
  if (isTransactional && (values['enable.idempotence'] === false || acks !== -1))
    found.push([
      'transactional.id',
      'Cannot set a transactional.id without also enabling idempotence (enable.idempotence=true, acks=all).',
    ])
  return found
}

function levelOf(
  compression: CompressionType,
  java: ClientSettings,
  values: Values,
): number | null {
  if (compression !== 'gzip' && compression !== 'lz4' && compression !== 'zstd') return null
  const key = `compression.${compression}.level` as const
  return java[key] === undefined || values[key] === -1 ? null : values[key]
}
