/** I6: hostile frames can stack headers in any order, so only this many stacks are remembered; others are spelt out each time. */
const MAX_PATHS = 4096

let known = 0

/**
 * A stack of protocol names, as in `eth:ethertype:ip:tcp`. Stacks form a tree that grows once: a frame's stack is found by one step a
 * protocol, without building text.
 */
export class ProtocolPath {
  static readonly root = new ProtocolPath('')

  readonly text: string
  readonly #children = new Map<string, ProtocolPath>()

  private constructor(text: string) {
    this.text = text
  }

  with(protocol: string): ProtocolPath {
    const child = this.#children.get(protocol)
    if (child !== undefined) return child
    const path = new ProtocolPath(this.text === '' ? protocol : `${this.text}:${protocol}`)
    if (known < MAX_PATHS) {
      known++
      this.#children.set(protocol, path)
    }
    return path
  }
}
