import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConnectException } from '../../api/errors.ts'
import { allowedPath } from './allowed-paths.ts'
import type { ConfigProvider, ProviderSettings } from './provider.ts'

/** `${dir:/path/of/folder:file}`: the whole content of that file. */
export function directoryProvider(settings: ProviderSettings): ConfigProvider {
  return {
    get(path, keys) {
      const folder = path.trim() === '' ? null : allowedPath(path, settings)
      if (folder === null) return {}
      // A key is the name of a file in there, never a path.
      const names = namesIn(folder, settings)
      const found = keys.filter((key) => names.includes(key))
      return Object.fromEntries(found.map((key) => [key, read(join(folder, key))]))
    },
  }
}

function namesIn(folder: string, { warn }: ProviderSettings): readonly string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true })
    // Kubernetes links secrets into their folder.
    return entries.filter((each) => !each.isDirectory()).map(({ name }) => name)
  } catch {
    warn(`The path ${folder} is not a directory`)
    return []
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new ConnectException(`Could not read file ${file}`, {
      hint: `It cannot be read: ${code}.`,
    })
  }
}
