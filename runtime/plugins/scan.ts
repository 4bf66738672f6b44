import { readdir } from 'node:fs/promises'
import { extname } from 'node:path'
import { ConnectException } from '../api/index.ts'
import { declaredPlugins } from './declared-plugins.ts'
import { type Definition, type Plugin, pluginKinds } from './plugin.ts'

/** A declaration that cannot be used: it is left out, the host runs on without it. */
export interface BrokenPlugin {
  readonly path: string
  readonly error: Error
}

export interface Scanned {
  readonly plugins: readonly Plugin[]
  readonly broken: readonly BrokenPlugin[]
}

/** `.ts` in a checkout, `.js` in a build. */
const extension = extname(import.meta.filename)

/** Imports every declaration below `root`, all at once. */
export async function scan(root: URL): Promise<Scanned> {
  const paths = await declarations(root)
  const found = await Promise.all(paths.map((path) => load(root, path)))
  const plugins = new Map<string, Plugin>()
  const broken: BrokenPlugin[] = []
  for (const each of found) {
    if ('error' in each) {
      broken.push(each)
      continue
    }
    for (const plugin of each.plugins) {
      const identity = `${plugin.kind} ${plugin.class}`
      if (plugins.has(identity)) {
        const message = `${plugin.class} is declared a second time in ${each.path}`
        broken.push({ path: each.path, error: new ConnectException(message) })
      } else plugins.set(identity, plugin)
    }
  }
  return { plugins: [...plugins.values()].sort(byKindThenClass), broken }
}

async function declarations(root: URL): Promise<string[]> {
  const [folders, ...files] = await Promise.all([
    entries(root, 'connectors', 'folders'),
    entries(root, 'transforms', 'files'),
    entries(root, 'transforms/predicates', 'files'),
    entries(root, 'runtime/converters', 'files'),
  ])
  return [...folders.map((folder) => `${folder}/index${extension}`), ...files.flat()]
}

async function entries(root: URL, room: string, what: 'folders' | 'files'): Promise<string[]> {
  try {
    const found = await readdir(new URL(room, root), { withFileTypes: true })
    return found
      .filter((entry) =>
        what === 'folders'
          ? entry.isDirectory()
          : entry.isFile() && entry.name.endsWith(extension) && !entry.name.endsWith('.d.ts'),
      )
      .map((entry) => `${room}/${entry.name}`)
      .sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

type Loaded = { readonly path: string; readonly plugins: readonly Plugin[] } | BrokenPlugin

async function load(root: URL, path: string): Promise<Loaded> {
  try {
    const module = (await import(new URL(path, root).href)) as { default?: unknown }
    const definitions = [module.default].flat()
    if (!definitions.every(isDefinition)) {
      const message = `${path} has no plugin as its default export`
      const hint = 'Export defineSource(…), defineSink(…) or the like, or an array of them.'
      return { path, error: new ConnectException(message, { hint }) }
    }
    return { path, plugins: definitions.flatMap(declaredPlugins) }
  } catch (error) {
    return { path, error: error instanceof Error ? error : new ConnectException(String(error)) }
  }
}

function isDefinition(value: unknown): value is Definition {
  if (typeof value !== 'object' || value === null) return false
  const { kind, name, config } = value as Partial<Record<keyof Definition, unknown>>
  return (
    pluginKinds.some((known) => known === kind) &&
    typeof name === 'string' &&
    typeof config === 'object' &&
    config !== null
  )
}

function byKindThenClass(one: Plugin, other: Plugin): number {
  const kinds = pluginKinds.indexOf(one.kind) - pluginKinds.indexOf(other.kind)
  if (kinds !== 0) return kinds
  return one.class < other.class ? -1 : 1
}
