import type { Findings } from '../../runtime/api/index.ts'
import type { Config } from './config.ts'
import { coordinateNames } from './fields.ts'

/** What no record could ever satisfy is said before the connector starts. */
export function validate(config: Config): Findings {
  const mode = config['pk.mode'].toLowerCase()
  const fields = config['pk.fields']
  const deletes = config['delete.enabled'] && mode !== 'record_key'
  const onlyByKey = 'Deletes are only supported for pk.mode record_key'
  return {
    ...(deletes && { 'delete.enabled': onlyByKey, 'pk.mode': onlyByKey }),
    ...(mode === 'none' &&
      config['insert.mode'].toLowerCase() === 'upsert' && {
        'pk.mode':
          'An upsert requires key field names to be known: say where the key columns come from (kafka, record_key, record_value).',
      }),
    ...(mode === 'kafka' &&
      fields.length !== 0 &&
      fields.length !== 3 && {
        'pk.fields': `With pk.mode=kafka there should either be no field names defined for defaults [${coordinateNames.join(', ')}] to be applicable, or exactly 3, defined fields are: [${fields.join(', ')}]`,
      }),
    ...(new Set(fields).size < fields.length && { 'pk.fields': 'A field is named twice.' }),
  }
}
