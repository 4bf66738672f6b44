import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { kafkaArtifacts, kafkaVersion, pom } from './kafka-settings.ts'

const run = promisify(execFile)
const oldestJava = 17
const instead =
  'Install a JDK 17 or newer and Maven (Debian: openjdk-17-jdk-headless and maven), or name a broker: --bootstrap-servers HOST:PORT'

/** What runs a broker. */
export interface KafkaProgram {
  readonly java: string
  readonly classPath: string
}

/** Java of this machine, and Kafka's jars: from Maven's registry the first time, then from the cache. */
export async function kafkaProgram(say: (text: string) => void): Promise<KafkaProgram> {
  const java = await findJava()
  const caches = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  const folder = join(caches, 'tapline', `kafka-${kafkaVersion}`)
  if (!(await isThere(folder))) {
    say(`Getting Kafka ${kafkaVersion} with Maven, once (45 MB)`)
    await fetchJars(folder)
  }
  return { java, classPath: join(folder, '*') }
}

async function findJava(): Promise<string> {
  const home = process.env['JAVA_HOME']
  const java = home ? join(home, 'bin', 'java') : 'java'
  const said = await run(java, ['-version']).then(
    ({ stderr }) => stderr,
    () => '',
  )
  const version = Number(/version "(\d+)/.exec(said)?.[1] ?? 0)
  if (version >= oldestJava) return java
  const found = version === 0 ? 'there is none' : `${java} is version ${version}`
  throw new Error(`The demo's own Kafka needs Java ${oldestJava}, and ${found}. ${instead}`)
}

/** There whole, or not at all. */
async function fetchJars(folder: string): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'tapline-kafka-'))
  const file = join(scratch, 'pom.xml')
  const fresh = `${folder}.${process.pid}`
  try {
    await writeFile(file, pom(kafkaArtifacts))
    await mkdir(fresh, { recursive: true })
    await run(
      'mvn',
      [
        ...['-B', '-q', '-f', file, 'dependency:copy-dependencies'],
        ...['-DincludeScope=runtime', `-DoutputDirectory=${fresh}`],
      ],
      { cwd: scratch },
    ).catch((cause: Error & { code?: unknown; stdout?: string }) => {
      const said = (cause.stdout ?? '').trim().split('\n').slice(0, 3).join('\n')
      const why = cause.code === 'ENOENT' ? 'mvn is not there.' : `mvn said: ${said}`
      throw new Error(`Kafka's jars could not be had: ${why} ${instead}`, { cause })
    })
    await rename(fresh, folder).catch(async (error) => {
      // Somebody else was faster.
      if (!(await isThere(folder))) throw error
    })
  } finally {
    await rm(fresh, { recursive: true, force: true })
    await rm(scratch, { recursive: true })
  }
}

const isThere = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )
