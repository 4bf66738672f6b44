import type { MessagePort } from 'node:worker_threads'
import { Group } from './group.ts'
import type { Link } from './link.ts'
import type { CoordinatorRequest, SyncAnswer, WriterRequest } from './protocol.ts'
import type { AssignableTopic } from './range-assignor.ts'
import { toWire } from './wire-error.ts'

export interface CoordinatorOptions {
  readonly writer: Link<WriterRequest>
  readonly topics: () => readonly AssignableTopic[]
  readonly rebalanceTimeoutMs: number
}

type MemberRequest = Exclude<CoordinatorRequest, { op: 'connect' }>

/** Coordinates the groups of all threads, in the main one. A thread that ends takes its members out of their groups. */
export class Coordinator {
  readonly #options: CoordinatorOptions
  readonly #groups = new Map<string, Group>()
  readonly #groupOfMember = new Map<number, string>()
  readonly #ports = new Set<MessagePort>()
  #lastMember = 0
  #lastGeneration = 0
  #isClosed = false

  constructor(options: CoordinatorOptions) {
    this.#options = options
  }

  connect(port: MessagePort): void {
    const members = new Set<number>()
    this.#ports.add(port)
    port.on('message', ([id, request]: [number, CoordinatorRequest]) => {
      if (request.op === 'connect') {
        this.connect(request.port)
        return
      }
      this.#answer(port, members, request).then(
        (result) => port.postMessage([[id, result]]),
        (error) => port.postMessage([[id, undefined, toWire(error)]]),
      )
    })
    port.on('close', () => {
      this.#ports.delete(port)
      for (const member of members) this.#expel(member)
    })
    port.unref()
  }

  /** Topics came or went: some may be somebody's now. */
  topicsChanged(): void {
    for (const group of this.#groups.values()) void group.topicsChanged()
  }

  close(): void {
    this.#isClosed = true
    for (const port of this.#ports) port.close()
  }

  async #answer(port: MessagePort, members: Set<number>, request: MemberRequest): Promise<unknown> {
    switch (request.op) {
      case 'join': {
        const id = ++this.#lastMember
        members.add(id)
        this.#groupOfMember.set(id, request.group)
        const nudge = () => port.postMessage({ notice: { member: id } })
        const group = this.#groups.get(request.group) ?? this.#create(request.group)
        return { member: id, generation: await group.join({ id, topics: request.topics, nudge }) }
      }
      case 'sync': {
        const group = this.#groups.get(this.#groupOfMember.get(request.member) ?? '')
        const answer: SyncAnswer = (await group?.sync(request.member, request.held)) ?? {
          expelled: true,
        }
        if ('expelled' in answer) this.#groupOfMember.delete(request.member)
        return answer
      }
      case 'leave':
        members.delete(request.member)
        return this.#leave(request.member)
    }
  }

  async #leave(member: number): Promise<void> {
    const name = this.#groupOfMember.get(member)
    const group = name === undefined ? undefined : this.#groups.get(name)
    if (name === undefined || !group) return
    this.#groupOfMember.delete(member)
    await group.leave(member)
    if (group.isEmpty) this.#groups.delete(name)
  }

  #expel(member: number): void {
    // With the writer gone there is nothing left to guard.
    if (!this.#isClosed) this.#leave(member).catch(() => {})
  }

  #create(name: string): Group {
    const { writer, topics, rebalanceTimeoutMs } = this.#options
    const group = new Group({
      fence: (retired, granted) => writer.request({ op: 'fence', group: name, retired, granted }),
      topics,
      nextGeneration: () => ++this.#lastGeneration,
      rebalanceTimeoutMs,
      onOverdue: (member) => this.#expel(member),
    })
    this.#groups.set(name, group)
    return group
  }
}
