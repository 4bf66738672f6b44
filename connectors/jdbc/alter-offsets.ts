import type { Config } from './config.ts'
import { offsetsTable, type Place } from './offsets-table.ts'
import { openConnection } from './open-connection.ts'
import { classified } from './retry.ts'

/** What the database keeps follows what was said of the group. */
export async function alterOffsets(
  config: Config,
  offsets: readonly (Place & { readonly offset: number | null })[],
  connector: string,
): Promise<boolean> {
  if (!config['exactly.once']) return false
  try {
    const connection = await openConnection(config)
    try {
      const table = offsetsTable(config, connection, connector)
      await table.create(connection.query)
      await table.set(connection.query, offsets)
      return true
    } finally {
      await connection.close()
    }
  } catch (error) {
    throw classified(error, {
      what: 'The offsets in the database could not be changed: ',
      where: '',
      isTrimmed: config['trim.sensitive.log'],
    })
  }
}
