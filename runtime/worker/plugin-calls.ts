import { Worker as Thread } from 'node:worker_threads'
import { ConnectException, type Logger, TimeoutException } from '../api/index.ts'
import type { FromPlugins, PluginAnswers, PluginQuestion, ToPlugins } from './plugin-messages.ts'
import { fromPortable, type PortableError, toPortable } from './portable-error.ts'

/** An idle plugin thread ends after this. */
const idleMs = 10_000
/** How long a call that was aborted may still take before its thread is ended. */
const abortMs = 1000
const heapMb = 512

/** What `plugin-thread.ts` finds as its data. */
export interface PluginThreadData {
  readonly pluginRoots: readonly string[]
}

interface Call {
  readonly question: PluginQuestion
  readonly onChanged: () => void
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: Error) => void
  /** Asked a second time after its thread died under it. */
  isRepeated: boolean
}

/** Asks the connectors' own halves, in a thread of their own that is started when needed, replaced when it dies or hangs, and ended when idle. */
export class PluginCalls {
  readonly #pluginRoots: readonly string[]
  readonly #logger: Logger
  readonly #calls = new Map<number, Call>()
  #lastCall = 0
  #thread: Thread | undefined
  #idleTimer: NodeJS.Timeout | undefined

  constructor(pluginRoots: readonly string[], logger: Logger) {
    this.#pluginRoots = pluginRoots
    this.#logger = logger
  }

  /** Rejects with what the connector threw, or with a TimeoutException. */
  async ask<O extends Exclude<PluginQuestion['op'], 'watch'>>(
    question: PluginQuestion & { readonly op: O },
    deadlineMs: number,
  ): Promise<PluginAnswers[O]> {
    const answer = Promise.withResolvers<unknown>()
    const call = this.#begin({ question, onChanged: () => {}, ...answer, isRepeated: false })
    const timer = setTimeout(() => this.#giveUp(call, deadlineMs), deadlineMs)
    try {
      return (await answer.promise) as PluginAnswers[O]
    } finally {
      clearTimeout(timer)
    }
  }

  /** `ended`: why the watch is over, undefined when there is nothing more to watch. Returns what ends it. */
  watch(
    question: PluginQuestion & { readonly op: 'watch' },
    onChanged: () => void,
    ended: (error: Error | undefined) => void,
  ): () => void {
    const call = this.#begin({
      question,
      onChanged,
      resolve: () => ended(undefined),
      reject: ended,
      isRepeated: false,
    })
    return () => {
      this.#post({ type: 'abort', call })
      this.#end(call)
    }
  }

  async close(): Promise<void> {
    const closed = new ConnectException('Worker is shutting down')
    for (const call of [...this.#calls.keys()]) this.#end(call)?.reject(closed)
    await this.#stopThread()
  }

  #begin(entry: Call): number {
    const call = ++this.#lastCall
    clearTimeout(this.#idleTimer)
    this.#calls.set(call, entry)
    this.#post({ type: 'ask', call, question: entry.question })
    return call
  }

  #end(call: number): Call | undefined {
    const entry = this.#calls.get(call)
    this.#calls.delete(call)
    if (this.#calls.size === 0) {
      clearTimeout(this.#idleTimer)
      this.#idleTimer = setTimeout(() => void this.#stopThread(), idleMs)
      this.#idleTimer.unref()
    }
    return entry
  }

  #giveUp(call: number, deadlineMs: number): void {
    const entry = this.#calls.get(call)
    if (entry === undefined) return
    const { op, connector } = entry.question
    const message = `${op} of connector ${connector} did not answer within ${deadlineMs / 1000} s`
    entry.reject(new TimeoutException(message))
    this.#post({ type: 'abort', call })
    const timer = setTimeout(() => {
      if (!this.#calls.has(call)) return
      this.#calls.delete(call)
      this.#logger.warn({ connector, op }, 'the plugin thread hangs and is replaced')
      void this.#replaceThread()
    }, abortMs)
    timer.unref()
  }

  #post(message: ToPlugins): void {
    if (message.type === 'ask') this.#thread ??= this.#startThread()
    this.#thread?.postMessage(message)
  }

  #startThread(): Thread {
    const workerData: PluginThreadData = { pluginRoots: this.#pluginRoots }
    const thread = new Thread(new URL('../plugin-thread.ts', import.meta.url), {
      workerData,
      name: 'plugins',
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
    })
    let death: { error: PortableError; call: number | null } | undefined
    thread.on('message', (message: FromPlugins) => {
      if (message.type === 'crashed') death = message
      else this.#hear(message)
    })
    thread.on('error', (error) => {
      death ??= { error: toPortable(error), call: null }
    })
    thread.on('exit', (code) => {
      if (this.#thread !== thread) return
      this.#thread = undefined
      const error = { name: 'Error', message: `it ended with exit code ${code}` }
      this.#survive(death ?? { error, call: null })
    })
    thread.unref()
    return thread
  }

  #hear(message: Exclude<FromPlugins, { type: 'crashed' }>): void {
    switch (message.type) {
      case 'log':
        this.#logger[message.level](message.fields, message.message)
        break
      case 'changed':
        this.#calls.get(message.call)?.onChanged()
        break
      case 'answer':
        this.#end(message.call)?.resolve(message.answer)
        break
      case 'failed':
        this.#end(message.call)?.reject(fromPortable(message.error))
        break
    }
  }

  /** Whose code ended the thread fails; the others are asked once more. */
  #survive({ error, call: guilty }: { error: PortableError; call: number | null }): void {
    for (const [call, entry] of [...this.#calls]) {
      if (call === guilty || entry.isRepeated || this.#calls.size === 1) {
        const { op, connector } = entry.question
        const message = `The plugin thread died in ${op} of connector ${connector}: ${error.message}`
        this.#end(call)?.reject(new ConnectException(message, { cause: fromPortable(error) }))
      } else {
        entry.isRepeated = true
        this.#post({ type: 'ask', call, question: entry.question })
      }
    }
  }

  async #replaceThread(): Promise<void> {
    await this.#stopThread()
    for (const [call, { question }] of this.#calls) this.#post({ type: 'ask', call, question })
  }

  async #stopThread(): Promise<void> {
    clearTimeout(this.#idleTimer)
    const thread = this.#thread
    this.#thread = undefined
    await thread?.terminate()
  }
}
