import { parentPort, workerData } from 'node:worker_threads'
import { joinLog } from './log/open.ts'
import { loadPlugins } from './worker/load-plugins.ts'
import type { FromTasks, ToTasks } from './worker/messages.ts'
import type { TaskThreadData } from './worker/places.ts'
import { toPortable } from './worker/portable-error.ts'
import { TaskHost } from './worker/task-host.ts'

/** A task thread: joins the log, finds the plugins, runs the tasks that the main thread hands it. */

const { log, settings, pluginRoots, suspect } = workerData as TaskThreadData
const post = (message: FromTasks) => parentPort?.postMessage(message)

const host = new TaskHost({
  log: await joinLog(log),
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

parentPort?.on('message', (message: ToTasks) => host.receive(message))
