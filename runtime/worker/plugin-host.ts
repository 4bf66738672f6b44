import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type ConnectorContext,
  type ConnectorDefinition,
  type Findings,
  parseConfig,
  type TaskOverlay,
} from '../api/index.ts'
import type { PluginRegistry } from '../plugins/registry.ts'
import type { FromPlugins, PluginQuestion, ToPlugins } from './plugin-messages.ts'
import { portLogger } from './port-logger.ts'
import { toPortable } from './portable-error.ts'
import { redactor } from './secrets.ts'

/** Answers for the connectors' own halves, in the plugin thread. */
export class PluginHost {
  readonly #plugins: PluginRegistry
  readonly #post: (message: FromPlugins) => void
  readonly #calls = new Map<number, AbortController>()
  readonly #current = new AsyncLocalStorage<number>()

  constructor(plugins: PluginRegistry, post: (message: FromPlugins) => void) {
    this.#plugins = plugins
    this.#post = post
  }

  /** Whose code runs at this moment; null where that cannot be told. */
  get currentCall(): number | null {
    return this.#current.getStore() ?? null
  }

  receive(message: ToPlugins): void {
    if (message.type === 'abort') this.#calls.get(message.call)?.abort()
    else void this.#current.run(message.call, () => this.#ask(message.call, message.question))
  }

  /** Never rejects. */
  async #ask(call: number, question: PluginQuestion): Promise<void> {
    const controller = new AbortController()
    this.#calls.set(call, controller)
    const plugin = this.#plugins.find(['source', 'sink'], className(question))
    const clean = redactor(question.config, plugin?.config ?? {})
    try {
      const { definition, canonical } = this.#plugins.connector(className(question))
      const config = parseConfig(definition.config, canonical(question.config))
      const context: ConnectorContext = {
        connector: question.connector,
        log: portLogger(this.#post, { connector: question.connector }, clean),
        signal: controller.signal,
      }
      const answer = await this.#answer(call, question, definition, config, context)
      this.#post({ type: 'answer', call, answer })
    } catch (error) {
      this.#post({ type: 'failed', call, error: toPortable(error, clean) })
    } finally {
      this.#calls.delete(call)
    }
  }

  async #answer(
    call: number,
    { op, max, offsets = [] }: PluginQuestion,
    definition: ConnectorDefinition,
    config: Parameters<NonNullable<ConnectorDefinition['validate']>>[0],
    context: ConnectorContext,
  ): Promise<Findings | readonly TaskOverlay[] | boolean | null> {
    switch (op) {
      case 'validate':
        return definition.validate?.(config) ?? {}
      case 'check':
        return (await definition.check?.(config, context)) ?? {}
      case 'tasks':
        return (await definition.tasks?.(config, max, context)) ?? []
      case 'alterOffsets':
        // The herder made them for this kind of connector.
        return (await definition.alterOffsets?.(config, offsets as never[], context)) ?? false
      case 'watch': {
        for await (const _ of definition.watch?.(config, context) ?? []) {
          if (context.signal.aborted) break
          this.#post({ type: 'changed', call })
        }
        return null
      }
    }
  }
}

function className({ config }: PluginQuestion): string {
  return config['connector.class'] ?? ''
}
