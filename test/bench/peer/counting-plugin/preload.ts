import { PluginRegistry } from '../../../../runtime/plugins/registry.ts'
import { scan } from '../../../../runtime/plugins/scan.ts'

/** Loaded first by every thread of a worker that is measured (`--import`): the counting sink is one of its plugins. */
PluginRegistry.scan = async (root = new URL('../../../../', import.meta.url)) => {
  const [own, counting] = await Promise.all([scan(root), scan(new URL('./', import.meta.url))])
  return new PluginRegistry({
    plugins: [...own.plugins, ...counting.plugins],
    broken: [...own.broken, ...counting.broken],
  })
}
