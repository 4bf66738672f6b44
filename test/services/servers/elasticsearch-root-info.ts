import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '../run-command.ts'

interface Target {
  readonly version: string
  readonly java: number
  readonly javaHome: string
}

/** What Maven has of Elasticsearch lacks GET / (a module of its own), by which clients know the product: a small plugin answers it. */
export async function installRootInfo(home: string, target: Target): Promise<void> {
  const { version, java, javaHome } = target
  const scratch = await mkdtemp(join(tmpdir(), 'tapline-root-info-'))
  try {
    const source = join(scratch, 'RootInfoPlugin.java')
    await writeFile(source, await javaSource(version))
    const classes = join(scratch, 'classes')
    await runCommand(join(javaHome, 'bin/javac'), [
      ...['-proc:none', '-nowarn', '--release', String(java), '-d', classes],
      ...['-cp', join(home, 'lib', '*'), source],
    ])
    const plugin = join(home, 'plugins/root-info')
    await mkdir(plugin, { recursive: true })
    const jar = ['--create', '--file', join(plugin, 'root-info.jar'), '-C', classes, '.']
    await runCommand(join(javaHome, 'bin/jar'), jar)
    await writeFile(join(plugin, 'plugin-descriptor.properties'), descriptor(target))
  } finally {
    await rm(scratch, { recursive: true })
  }
}

/** The signature of `getRestHandlers` is another one in version 9; the rest is the same. */
async function javaSource(version: string): Promise<string> {
  const text = await readFile(join(import.meta.dirname, 'root-info-plugin.java.txt'), 'utf8')
  const other = version.startsWith('8.') ? '9' : '8'
  return text
    .split('\n')
    .filter((line) => !line.endsWith(`// only ${other}`))
    .join('\n')
}

function descriptor({ version, java }: Target): string {
  return `description=Answers GET / and HEAD /
version=1
name=root-info
classname=tapline.RootInfoPlugin
java.version=${java}
elasticsearch.version=${version}
`
}
