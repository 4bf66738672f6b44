import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { commandOf } from './command-of.ts'
import { freePort } from './free-port.ts'
import { type KafkaProgram, kafkaProgram } from './kafka-jars.ts'
import { brokerBasics, clusterId, log4j, plainAddresses, properties } from './kafka-settings.ts'

const run = promisify(execFile)
const startLimitMs = 60_000
const heap = '256m'

/** Kafka's ApiVersions, version 0, correlation 1, no client id. */
const question = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 255, 255])

/** A real broker of one node, kept in a folder, for this machine only. */
export class KafkaBroker {
  readonly port: number
  readonly exited: Promise<void>
  readonly #process: ChildProcess
  readonly #folder: string

  private constructor(process: ChildProcess, port: number, folder: string) {
    this.#process = process
    this.#folder = folder
    this.port = port
    this.exited = once(process, 'exit').then(() => {})
  }

  /** Starts it on the data in `folder`, made when missing; what a killed demo left running there is stopped first. */
  static async start(folder: string, say: (text: string) => void): Promise<KafkaBroker> {
    await mkdir(folder, { recursive: true })
    await stopLeftover(folder)
    const program = await kafkaProgram(say)
    const [port, controller] = [await freePort(), await freePort()]
    const settings = join(folder, 'server.properties')
    await writeFile(join(folder, 'log4j2.xml'), log4j)
    await writeFile(settings, properties(brokerBasics(folder), plainAddresses(port, controller)))
    await format(folder, program)
    const output = openSync(join(folder, 'kafka.log'), 'w')
    const child = spawn(
      program.java,
      [`-Xms${heap}`, `-Xmx${heap}`, ...commonArguments(folder, program), 'kafka.Kafka', settings],
      // Ctrl-C must not stop it before the worker has drained.
      { detached: true, stdio: ['ignore', output, output] },
    )
    closeSync(output)
    const broker = new KafkaBroker(child, port, folder)
    await writeFile(pidFile(folder), String(child.pid))
    await broker.#ready()
    return broker
  }

  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  async stop(): Promise<void> {
    this.#process.kill('SIGTERM')
    await this.exited
    await rm(pidFile(this.#folder), { force: true })
  }

  async #ready(): Promise<void> {
    let ended = false
    void this.exited.then(() => {
      ended = true
    })
    const deadline = Date.now() + startLimitMs
    while (!ended && Date.now() < deadline) {
      if (await answers(this.port)) return
      await sleep(100)
    }
    if (!ended) await this.stop()
    const log = join(this.#folder, 'kafka.log')
    const said = readFileSync(log, 'utf8').trim().split('\n').slice(-5).join('\n')
    throw new Error(`Kafka did not start. It said in ${log}:\n${said}`)
  }
}

function commonArguments(folder: string, { classPath }: KafkaProgram): string[] {
  const logging = `-Dlog4j2.configurationFile=${join(folder, 'log4j2.xml')}`
  return ['-Djava.awt.headless=true', logging, '-cp', classPath]
}

async function format(folder: string, program: KafkaProgram): Promise<void> {
  const isDone = await stat(join(folder, 'data', 'meta.properties')).catch(() => undefined)
  if (isDone) return
  await run(program.java, [
    ...['-Xmx128m', '-XX:TieredStopAtLevel=1', ...commonArguments(folder, program)],
    ...['kafka.tools.StorageTool', 'format'],
    ...['-t', clusterId(), '-c', join(folder, 'server.properties')],
  ])
}

const pidFile = (folder: string) => join(folder, 'pid')

async function stopLeftover(folder: string): Promise<void> {
  const pid = Number(await readFile(pidFile(folder), 'utf8').catch(() => '0'))
  // A pid may be somebody else's by now: the broker is known by its settings' path.
  if (pid === 0 || !(await commandOf(pid)).includes(folder)) return
  process.kill(pid, 'SIGTERM')
  while ((await commandOf(pid)).includes(folder)) await sleep(100)
}

/** A broker that listens may not serve yet: it must answer. */
async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    socket.setTimeout(2_000, () => socket.destroy(new Error('no answer')))
    await once(socket, 'connect')
    socket.write(question)
    await once(socket, 'data')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
