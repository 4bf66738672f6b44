import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isMongo } from '../pings.ts'
import { pythonPackage } from '../python.ts'
import type { Launch, Place, ServerKind } from '../server.ts'

/** No registry has a mongod: SecantusDB speaks its protocol over WiredTiger, with change streams. */
export const mongodb: ServerKind = {
  name: 'mongodb',
  install: async () => {
    await installed()
  },
  launch,
}

const installed = () => pythonPackage('secantusdb', '0.7.0b3')

async function launch(place: Place): Promise<Launch> {
  const { folder, options } = place
  const port = await place.port('mongodb')
  const { python, folder: packages } = await installed()
  const data = join(folder, 'data')
  await mkdir(data, { recursive: true })
  const settings = Object.entries(options.settings ?? {})
  return {
    service: {
      name: 'mongodb',
      host: '127.0.0.1',
      port,
      url: `mongodb://127.0.0.1:${port}/`,
      info: { python, pythonPath: packages },
    },
    command: python,
    arguments: [
      ...[join(packages, 'bin/secantusd-py'), '--host', '127.0.0.1', '--port', String(port)],
      // Without --sync-on-commit a kill -9 loses acknowledged writes.
      ...['--storage-path', data, '--cache-size', '64M', '--sync-on-commit'],
      ...settings.flatMap(([key, value]) => [`--${key}`, value]),
      ...(options.flags ?? []),
    ],
    env: { PYTHONPATH: packages },
    isReady: () => isMongo(port),
  }
}
