import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pom } from '../../runtime/cli/demo/kafka-settings.ts'
import { debianCommand } from './debian.ts'
import { jdk } from './jdk.ts'
import { runCommand } from './run-command.ts'

/** Copies the artifacts (`group:artifact:version`) and all they need at run time into `folder`. */
export async function mavenJars(artifacts: readonly string[], folder: string): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'tapline-maven-'))
  try {
    await writeFile(join(scratch, 'pom.xml'), pom(artifacts))
    const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime']
    await maven(['-f', join(scratch, 'pom.xml'), ...goal, `-DoutputDirectory=${folder}`])
  } finally {
    await rm(scratch, { recursive: true })
  }
}

/** Copies one artifact, `group:artifact:version:type[:classifier]`, into `folder`. */
export async function mavenFile(artifact: string, folder: string): Promise<void> {
  await maven(['dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`])
}

async function maven(args: readonly string[]): Promise<void> {
  const { home } = await jdk(17)
  const command = await debianCommand('mvn', ['maven'])
  await runCommand(command, ['-B', '-q', ...args], {
    cwd: tmpdir(),
    env: { JAVA_HOME: home },
  })
}
