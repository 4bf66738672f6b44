import { readdirSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { installDebian } from './debian.ts'
import { findCommand } from './run-command.ts'

export interface Jdk {
  readonly home: string
  readonly java: string
  readonly version: number
}

/** The oldest Java of the machine that is new enough; Debian's own when there is none. */
export async function jdk(atLeast: number): Promise<Jdk> {
  const found = findJdk(atLeast)
  if (found) return found
  // Debian 12 has 17, Debian 13 has 21.
  const name = `openjdk-${atLeast > 17 ? 21 : 17}-jdk-headless`
  try {
    await installDebian([name])
  } catch (cause) {
    const { message } = cause as Error
    const advice = 'put a JDK into /usr/lib/jvm, or its folder into JAVA_HOME'
    throw new Error(`No JDK ${atLeast} or newer: ${message}. Else ${advice}`, { cause })
  }
  const installed = findJdk(atLeast)
  if (!installed) throw new Error(`${name} is installed, but no javac is there`)
  return installed
}

export function findJdk(atLeast: number): Jdk | undefined {
  return candidates()
    .flatMap((home) => {
      const version = versionOf(home)
      return version >= atLeast ? [{ home, java: join(home, 'bin/java'), version }] : []
    })
    .sort((a, b) => a.version - b.version)[0]
}

function candidates(): string[] {
  const jvm = '/usr/lib/jvm'
  const onPath = findCommand('java')
  return [
    process.env['JAVA_HOME'] ?? [],
    onPath ? dirname(dirname(realpathSync(onPath))) : [],
    listed(jvm).map((name) => join(jvm, name)),
  ].flat()
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** 0 where no JDK is. */
function versionOf(home: string): number {
  try {
    const release = readFileSync(join(home, 'release'), 'utf8')
    const isJdk = listed(join(home, 'bin')).includes('javac')
    return isJdk ? Number(/^JAVA_VERSION="(\d+)/m.exec(release)?.[1] ?? 0) : 0
  } catch {
    return 0
  }
}
