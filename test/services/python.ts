import { cached } from './cache.ts'
import { installDebian } from './debian.ts'
import { findCommand, runCommand } from './run-command.ts'

export interface PythonPackage {
  readonly python: string
  /** Both the packages and, in `bin`, their programs: needs PYTHONPATH. */
  readonly folder: string
}

/** One version of a package of PyPI, with all it needs, in a folder of its own. */
export async function pythonPackage(name: string, version: string): Promise<PythonPackage> {
  const python = await withPip()
  const tag = 'import sys; print("%d.%d" % sys.version_info[:2])'
  const release = (await runCommand(python, ['-c', tag])).trim()
  const folder = await cached(`${name}-${version}-python${release}`, async (fresh) => {
    const target = ['--no-cache-dir', '--no-input', '--target', fresh]
    await runCommand(python, ['-m', 'pip', 'install', '-q', ...target, `${name}==${version}`])
  })
  return { python, folder }
}

/** The real path of a Python 3, not that of a version manager's shim. */
async function withPip(): Promise<string> {
  const find = async () => {
    const python = findCommand('python3')
    if (!python) return undefined
    const real = 'import sys, pip; print(sys.executable)'
    return (await runCommand(python, ['-c', real]).catch(() => '')).trim() || undefined
  }
  const found = await find()
  if (found) return found
  await installDebian(['python3', 'python3-pip'])
  const installed = await find()
  if (!installed) throw new Error('python3-pip is installed, but python3 does not find pip')
  return installed
}
