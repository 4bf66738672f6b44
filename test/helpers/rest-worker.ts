import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const conflict = 409

export interface Answer<T = unknown> {
  readonly status: number
  readonly body: T
}

/** A worker of a process of its own, whoever made it, known by Connect's REST API. */
export class RestWorker {
  url: string
  readonly pid: number

  constructor(url: string, pid: number) {
    this.url = url
    this.pid = pid
  }

  async call<T = unknown>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
    const answer = await fetch(this.url + path, {
      method,
      ...(body !== undefined && {
        body: typeof body === 'string' ? body : JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    })
    const text = await answer.text()
    let parsed: unknown = text
    try {
      parsed = text === '' ? null : JSON.parse(text)
    } catch {
      // Not JSON: the text is the body.
    }
    return { status: answer.status, body: parsed as T }
  }

  async put(connector: string, config: Readonly<Record<string, string>>): Promise<void> {
    const path = `/connectors/${connector}/config`
    let { status, body } = await this.call('PUT', path, config)
    for (let tries = 0; status === conflict && tries < 100; tries++) {
      // The real one answers so while its group changes.
      await sleep(100)
      ;({ status, body } = await this.call('PUT', path, config))
    }
    if (status >= 300) throw new Error(`PUT ${connector}: ${status} ${JSON.stringify(body)}`)
  }

  /** CPU seconds of all its threads so far. */
  cpuSeconds(): number {
    const fields = readFileSync(`/proc/${this.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return (Number(fields[11]) + Number(fields[12])) / 100
  }

  rssAnonBytes(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8')
    return Number(/RssAnon:\s+(\d+)/.exec(status)?.[1]) * 1024
  }
}
