import { writeFileSync } from 'node:fs'
import { properties } from '../services/properties.ts'

export interface WorkerFileOptions {
  readonly bootstrap: string
  /** Also the beginning of the names of the three topics. */
  readonly group: string
  /** Further keys; they win. */
  readonly more?: Readonly<Record<string, string>>
}

/** A worker's configuration on a broker, as Connect's own worker takes it in distributed mode. */
export function workerSettings({
  bootstrap,
  group,
  more = {},
}: WorkerFileOptions): Readonly<Record<string, string>> {
  return {
    'bootstrap.servers': bootstrap,
    'group.id': group,
    ...Object.fromEntries(
      ['config', 'offset', 'status'].flatMap((store) => [
        [`${store}.storage.topic`, `${group}-${store}`],
        [`${store}.storage.replication.factor`, '1'],
      ]),
    ),
    'offset.storage.partitions': '4',
    'status.storage.partitions': '2',
    'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
    'value.converter': 'org.apache.kafka.connect.storage.StringConverter',
    ...more,
  }
}

/** Writes it as a properties file; returns its path. */
export function writeWorkerFile(file: string, options: WorkerFileOptions): string {
  writeFileSync(file, properties(workerSettings(options)))
  return file
}
