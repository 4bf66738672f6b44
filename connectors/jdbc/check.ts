import type { Findings } from '../../runtime/api/index.ts'
import type { Config } from './config.ts'
import { openConnection } from './open-connection.ts'
import { classified } from './retry.ts'

/** Opens a real connection and closes it. */
export async function checkConnection(config: Config): Promise<Findings> {
  try {
    const connection = await openConnection(config)
    await connection.close()
    return {}
  } catch (error) {
    const { message, hint } = classified(error, {
      what: 'Could not connect to database. ',
      where: '',
      isTrimmed: config['trim.sensitive.log'],
    })
    return { 'connection.url': hint === undefined ? message : `${message}. ${hint}` }
  }
}
