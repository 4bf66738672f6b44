import { writeFileSync } from 'node:fs'

export interface WorkerFileOptions {
  readonly bootstrap: string
  /** Also the beginning of the names of the three topics. */
  readonly group: string
  /** Lines that come last, and so win. */
  readonly more?: Readonly<Record<string, string>>
}

/** Writes a worker's properties file as Connect's own worker takes it in distributed mode; returns its path. */
export function writeWorkerFile(
  file: string,
  { bootstrap, group, more = {} }: WorkerFileOptions,
): string {
  const properties = {
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
  const lines = Object.entries(properties).map(([key, value]) => `${key}=${value}\n`)
  writeFileSync(file, lines.join(''))
  return file
}
