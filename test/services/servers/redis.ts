import { debianCommand } from '../debian.ts'
import { isRedis } from '../pings.ts'
import type { Launch, Place, ServerKind } from '../server.ts'

/** `info.cli`: redis-cli. */
export const redis: ServerKind = {
  name: 'redis',
  install: async () => {
    await program()
  },
  launch,
}

const packages = ['redis-server', 'redis-tools']
const program = () => debianCommand('redis-server', packages)

async function launch(place: Place): Promise<Launch> {
  const { folder, options } = place
  const port = await place.port('redis')
  const settings = Object.entries(options.settings ?? {})
  return {
    service: {
      name: 'redis',
      host: '127.0.0.1',
      port,
      url: `redis://127.0.0.1:${port}`,
      info: { cli: await debianCommand('redis-cli', packages) },
    },
    command: await program(),
    arguments: [
      ...['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--daemonize', 'no'],
      ...['--save', '', '--appendonly', 'yes'],
      ...settings.flatMap(([key, value]) => [`--${key}`, value]),
      ...(options.flags ?? []),
    ],
    isReady: () => isRedis(port),
  }
}
