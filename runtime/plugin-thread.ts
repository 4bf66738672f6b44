import { parentPort, workerData } from 'node:worker_threads'
import { loadPlugins } from './worker/load-plugins.ts'
import type { PluginThreadData } from './worker/plugin-calls.ts'
import { PluginHost } from './worker/plugin-host.ts'
import type { FromPlugins, ToPlugins } from './worker/plugin-messages.ts'
import { toPortable } from './worker/portable-error.ts'

/** The plugin thread: the connectors' own halves, away from the main thread. */

const { pluginRoots } = workerData as PluginThreadData
const post = (message: FromPlugins) => parentPort?.postMessage(message)

const host = new PluginHost(await loadPlugins(pluginRoots), post)

process.on('uncaughtException', (error) => {
  post({ type: 'crashed', call: host.currentCall, error: toPortable(error) })
  process.exit(1)
})

parentPort?.on('message', (message: ToPlugins) => host.receive(message))
