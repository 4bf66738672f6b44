import { PluginRegistry } from '../plugins/registry.ts'
import { scan } from '../plugins/scan.ts'

/** The checkout's own plugins, and those of other folders of the same shape, given as file URLs. */
export async function loadPlugins(roots: readonly string[]): Promise<PluginRegistry> {
  const own = await PluginRegistry.scan()
  if (roots.length === 0) return own
  const others = await Promise.all(roots.map((root) => scan(new URL(root))))
  return new PluginRegistry({
    plugins: [...own.list(), ...others.flatMap(({ plugins }) => plugins)],
    broken: [...own.broken, ...others.flatMap(({ broken }) => broken)],
  })
}
