import { Worker as Thread } from 'node:worker_threads'
import type { Log } from '../log/log.ts'
import type { PluginRegistry } from '../plugins/registry.ts'
import type { FromTasks, TaskSettings, ToTasks } from './messages.ts'
import { type PortableError, toPortable } from './portable-error.ts'
import { TaskHost } from './task-host.ts'

/** Where tasks run: a thread, or the main thread itself. */
export interface Place {
  post(message: ToTasks): void
  /** Ends the thread, whatever it does. */
  terminate(): Promise<void>
}

export interface PlaceEvents {
  onMessage(message: FromTasks): void
  /** The thread ended without being told to. `suspect`: the run that was at work, 0 when there was none. */
  onLost(error: PortableError, suspect: number): void
}

/** What `task-thread.ts` finds as its data. */
export interface TaskThreadData {
  readonly log: unknown
  readonly settings: TaskSettings
  readonly pluginRoots: readonly string[]
  readonly suspect: Int32Array
}

/** A heap that outgrows this ends its thread, not the worker. */
const heapMb = 768
/** Larger is a little faster, and every thread grows to three times that. */
const youngMb = 24

export function threadPlace(
  log: Log,
  settings: TaskSettings,
  pluginRoots: readonly string[],
  events: PlaceEvents,
): Place {
  const suspect = new Int32Array(new SharedArrayBuffer(4))
  const { data, transfer } = log.share()
  const workerData: TaskThreadData = { log: data, settings, pluginRoots, suspect }
  const thread = new Thread(new URL('../task-thread.ts', import.meta.url), {
    workerData,
    transferList: [...transfer],
    name: 'tasks',
    resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: youngMb },
  })
  let isTerminated = false
  let lost: { error: PortableError; run: number } | undefined
  thread.on('message', (message: FromTasks) => {
    if (message.type === 'crashed') lost = { error: message.error, run: message.run ?? 0 }
    else events.onMessage(message)
  })
  thread.on('error', (error) => {
    lost ??= { error: toPortable(error), run: suspect[0] ?? 0 }
  })
  thread.on('exit', (code) => {
    if (isTerminated) return
    lost ??= {
      error: { name: 'Error', message: `it ended with exit code ${code}` },
      run: suspect[0] ?? 0,
    }
    events.onLost(lost.error, lost.run)
  })
  return {
    post: (message) => thread.postMessage(message),
    async terminate() {
      isTerminated = true
      await thread.terminate()
    },
  }
}

/** For debugging: tasks without threads. Order of messages as between threads, nothing answers inside a call. */
export function mainPlace(
  log: Log,
  settings: TaskSettings,
  plugins: PluginRegistry,
  events: PlaceEvents,
): Place {
  const host = new TaskHost({
    log,
    plugins,
    settings,
    post: (message) => queueMicrotask(() => events.onMessage(message)),
  })
  return {
    post: (message) => queueMicrotask(() => host.receive(message)),
    terminate: async () => {},
  }
}
