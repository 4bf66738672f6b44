import type { Code } from '../api/index.ts'
import type { EncodableHeader } from '../log/batch/batch-builder.ts'
import type { FailedSinkRecord } from './error-log.ts'
import { printTrace, toPortable } from './portable-error.ts'
import type { ConnectorTaskId } from './task-state.ts'

const prefix = '__connect.errors.'

/** Where the record was, when Connect's headers are not wanted: without it a dead letter could not be put back. */
export const originHeader = '__tapline.errors.origin'

/** What Connect appends with `errors.deadletterqueue.context.headers.enable`. `clean` takes secrets out (I5). */
export function contextHeaders(
  { topic, partition, raw, refused }: FailedSinkRecord,
  id: ConnectorTaskId,
  clean: (text: string) => string,
): readonly EncodableHeader[] {
  const { cause, stage, class: className } = refused
  const error = toPortable(cause, clean)
  const values: readonly (readonly [name: string, value: string | null])[] = [
    ['topic', topic],
    ['partition', `${partition}`],
    ['offset', `${raw.offset}`],
    ['connector.name', id.connector],
    ['task.id', `${id.task}`],
    ['stage', stage],
    ['class.name', className],
    ['exception.class.name', javaNames[error.code as Code] ?? error.name],
    ['exception.message', error.message],
    ['exception.stacktrace', printTrace(error)],
  ]
  return values.map(([name, value]) => ({ key: prefix + name, value }))
}

export function originHeaders(
  { topic, partition, raw, refused: { stage } }: FailedSinkRecord,
  { connector, task }: ConnectorTaskId,
): readonly EncodableHeader[] {
  const value = { topic, partition, offset: raw.offset, connector, task, stage }
  return [{ key: originHeader, value: JSON.stringify(value) }]
}

/** Whoever sorts dead letters by exception knows these names. */
const errors = 'org.apache.kafka.connect.errors.'
const javaNames: Partial<Record<Code, string>> = {
  CONNECT_ERROR: `${errors}ConnectException`,
  CONNECT_RETRIABLE: `${errors}RetriableException`,
  CONNECT_DATA: `${errors}DataException`,
  CONNECT_SCHEMA_BUILDER: `${errors}SchemaBuilderException`,
  CONNECT_NOT_FOUND: `${errors}NotFoundException`,
  CONNECT_ALREADY_EXISTS: `${errors}AlreadyExistsException`,
  CONNECT_CONFIG: 'org.apache.kafka.common.config.ConfigException',
}
