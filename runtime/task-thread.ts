import { parentPort, workerData } from 'node:worker_threads'
import { hideSecrets, maskSecrets } from './api/index.ts'
import { joinLog } from './log/open.ts'
import { untilOpen } from './log/until-open.ts'
import { loadPlugins } from './worker/load-plugins.ts'
import type { FromTasks, ToTasks } from './worker/messages.ts'
import type { TaskThreadData } from './worker/places.ts'
import { portLogger } from './worker/port-logger.ts'
import { toPortable } from './worker/portable-error.ts'
import { TaskHost } from './worker/task-host.ts'

/** A task thread: joins the log, finds the plugins, runs the tasks that the main thread hands it. */

const { log, settings, pluginRoots, suspect } = workerData as TaskThreadData
const post = (message: FromTasks) => parentPort?.postMessage(message)
const logger = portLogger(post, {}, maskSecrets)

const host = new TaskHost({
  // Brokers that are away while tasks are to start: the tasks wait, as those do that run.
  log: await untilOpen(() => joinLog(log, logger), { timeoutMs: Number.POSITIVE_INFINITY, logger }),
  plugins: await loadPlugins(pluginRoots),
  settings,
  post,
  suspect,
})

// What no call could catch (a driver's event, a timer) leaves the thread in an unknown state: whose code it was is said, then it ends.
process.on('uncaughtException', (error) => {
  post({ type: 'crashed', run: host.currentRun, error: toPortable(error) })
  process.exit(1)
})

parentPort?.on('message', (message: ToTasks) => {
  if (message.type === 'start') hideSecrets(message.secrets)
  host.receive(message)
})
