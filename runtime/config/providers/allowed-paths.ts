import { isAbsolute, normalize, relative, sep } from 'node:path'
import { ConnectException } from '../../api/errors.ts'
import type { ProviderSettings } from './provider.ts'

/** The path as it may be read; null when `allowed.paths` does not hold it. Left out, every path may be read. */
export function allowedPath(
  path: string,
  { parameters, warn }: Pick<ProviderSettings, 'parameters' | 'warn'>,
): string | null {
  const clean = normalize(path)
  const allowed = allowedPaths(parameters['allowed.paths'])
  if (allowed === null || allowed.some((each) => isWithin(clean, each))) return clean
  warn(`The path ${clean} is not within allowed.paths: what a config asks of it is left as it is.`)
  return null
}

/** Throws for one that could never hold anything. */
export function allowedPaths(text: string | undefined): readonly string[] | null {
  if (text === undefined || text.trim() === '') return null
  return text.split(',').map((each) => {
    const path = normalize(each.trim())
    if (isAbsolute(path)) return path
    throw new ConnectException(`Path ${path} of allowed.paths is not absolute`)
  })
}

function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return isAbsolute(path) && way !== '..' && !way.startsWith(`..${sep}`)
}
