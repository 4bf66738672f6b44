import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { debianCommand } from '../debian.ts'
import { runCommand } from '../run-command.ts'
import type { Launch, Place, ServerKind } from '../server.ts'

/** User root without a password, over TCP; database `test`. `info.client`: the mariadb command. */
export const mariadb: ServerKind = {
  name: 'mariadb',
  install: async () => {
    await program('mariadbd')
  },
  launch,
}

const program = (command: string) => debianCommand(command, ['mariadb-server', 'mariadb-client'])

async function launch(place: Place): Promise<Launch> {
  const { folder, options } = place
  const port = await place.port('mariadb')
  const data = join(folder, 'data')
  const user = `--user=${userInfo().username}`
  const common = ['--no-defaults', `--datadir=${data}`, user]
  if (!existsSync(join(data, 'mysql')))
    await runCommand(await program('mariadb-install-db'), [
      ...common,
      ...['--auth-root-authentication-method=normal', '--skip-test-db'],
    ])
  const settings = Object.entries(options.settings ?? {})
  const admin = await program('mariadb-admin')
  const login = ['--no-defaults', '--protocol=tcp', '-h127.0.0.1', `-P${port}`, '-uroot']
  return {
    service: {
      name: 'mariadb',
      host: '127.0.0.1',
      port,
      url: `mariadb://root@127.0.0.1:${port}/test`,
      info: { client: await program('mariadb'), user: 'root', database: 'test' },
    },
    command: await program('mariadbd'),
    arguments: [
      ...[...common, '--bind-address=127.0.0.1', `--port=${port}`, '--skip-name-resolve'],
      ...[`--socket=${join(folder, 'm.sock')}`, `--pid-file=${join(folder, 'm.pid')}`],
      '--innodb-buffer-pool-size=64M',
      ...settings.map(([key, value]) => `--${key}=${value}`),
      ...(options.flags ?? []),
    ],
    isReady: async () => (await runCommand(admin, [...login, 'ping'])).includes('alive'),
    afterStart: async () => {
      const client = await program('mariadb')
      await runCommand(client, [...login, '-e', 'CREATE DATABASE IF NOT EXISTS test'])
    },
  }
}
