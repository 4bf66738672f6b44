import { isRetriable } from '../../api/errors.ts'
import type { Channel } from './cluster.ts'
import type { ConsumerCore } from './consumer-parts.ts'
import { BrokerException, check } from './protocol/errors.ts'
import type { KafkaRequest } from './protocol/request.ts'

const lost = new Set(['NOT_COORDINATOR', 'COORDINATOR_NOT_AVAILABLE'])

export interface CoordinatorCall {
  readonly channel?: Channel
  readonly timeoutMs?: number
}

/** The way to the broker that coordinates the group, wherever it is. */
export class GroupCoordinator {
  readonly #core: ConsumerCore
  readonly group: string

  constructor(core: ConsumerCore, group: string) {
    this.#core = core
    this.group = group
  }

  /** The answer if it has no error; BrokerException if it has, RetriableException for trouble on the way. `codesOf` names its errors. */
  async call<T>(
    request: KafkaRequest<T>,
    codesOf: (answer: T) => readonly number[],
    options: CoordinatorCall = {},
  ): Promise<T> {
    const { cluster } = this.#core.links
    try {
      const node = await cluster.coordinator(this.group, 'group')
      const answer = await cluster.send(node, request, options)
      for (const code of codesOf(answer)) check(code, `Group "${this.group}": ${request.apiName}`)
      return answer
    } catch (error) {
      const isElsewhere = error instanceof BrokerException && lost.has(error.errorName)
      if (isElsewhere || isRetriable(error)) cluster.forgetCoordinator(this.group, 'group')
      throw error
    }
  }
}
