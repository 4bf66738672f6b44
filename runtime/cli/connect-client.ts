/** Talks to any Connect server over its REST API. Errors carry the server's own words. */
export class ConnectClient {
  readonly #base: string

  constructor(base: string) {
    this.#base = base.replace(/\/$/, '')
  }

  get(path: string): Promise<unknown> {
    return this.#call('GET', path)
  }

  put(path: string, body?: unknown): Promise<unknown> {
    return this.#call('PUT', path, body)
  }

  async text(path: string): Promise<string> {
    const answer = await fetch(this.#base + path)
    return answer.text()
  }

  async #call(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(this.#base + path, {
      method,
      signal: AbortSignal.timeout(95_000),
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    })
    const text = await answer.text()
    const value: unknown = text === '' ? null : parse(text)
    if (answer.ok) return value
    const message = (value as { message?: string } | null)?.message ?? text
    throw new Error(`${method} ${path} was answered ${answer.status}: ${message}`)
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
