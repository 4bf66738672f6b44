import type { Ajv2020 } from 'ajv/dist/2020.js'

export interface Asked {
  readonly method: string
  readonly path: string
}

export interface Answered {
  readonly status: number
  readonly contentType: string | null
  readonly text: string
}

interface Operation {
  readonly responses: Record<string, { readonly content?: Record<string, object> }>
}

/** What a server says of itself at `/openapi.json`, and whether an answer keeps to it. */
export class ApiDocument {
  readonly #paths: Record<string, Record<string, Operation>>
  readonly #ajv: Ajv2020

  private constructor(
    document: { paths: Record<string, Record<string, Operation>> },
    ajv: Ajv2020,
  ) {
    this.#paths = document.paths
    this.#ajv = ajv.addSchema({ $id: 'api', ...document })
  }

  static async read(baseUrl: string): Promise<ApiDocument> {
    const [answer, { Ajv2020 }] = await Promise.all([
      fetch(new URL('/openapi.json', baseUrl)),
      import('ajv/dist/2020.js'),
    ])
    return new ApiDocument((await answer.json()) as never, new Ajv2020({ strict: false }))
  }

  /** What is wrong with the answer, undefined when it is as documented. Errors of the routing have no operation: they are `Error`s. */
  problem({ method, path }: Asked, { status, contentType, text }: Answered): string | undefined {
    if (method === 'HEAD' || method === 'OPTIONS') return undefined
    const found = this.#operation(method, path.split('?')[0] ?? '')
    if (found === undefined) return status < 400 ? `no ${method} for ${path}` : this.#error(text)
    const [template, operation] = found
    const { responses } = operation
    const key = [String(status), `${String(status)[0]}XX`].find((each) =>
      Object.hasOwn(responses, each),
    )
    if (key === undefined) return `${method} ${template} documents no ${status}`
    const { content } = responses[key] ?? {}
    if (content === undefined)
      return text === '' ? undefined : `${status} documents no body: ${text}`
    const type = contentType?.split(';')[0] ?? ''
    if (status >= 400 && status !== 503 && !(template === '/health')) return this.#error(text)
    if (!Object.hasOwn(content, type)) return `${method} ${template} documents no ${type}`
    if (type !== 'application/json') return undefined
    const pointer = ['paths', template, method.toLowerCase(), 'responses', key, 'content', type]
    return this.#mismatch([...pointer, 'schema'], JSON.parse(text))
  }

  #error(text: string): string | undefined {
    return this.#mismatch(['components', 'schemas', 'Error'], JSON.parse(text))
  }

  #mismatch(pointer: readonly string[], value: unknown): string | undefined {
    const path = pointer.map((each) => encodeURIComponent(escaped(each))).join('/')
    const ref = `api#/${path}`
    const validate = this.#ajv.getSchema(ref) ?? this.#ajv.compile({ $id: path, $ref: ref })
    if (validate(value)) return undefined
    return `${path}: ${this.#ajv.errorsText(validate.errors)} in ${JSON.stringify(value)}`
  }

  #operation(method: string, path: string): [string, Operation] | undefined {
    const trimmed = path.replace(/;[^/]*/g, '').replace(/(.)\/$/, '$1')
    for (const [template, operations] of Object.entries(this.#paths)) {
      const pattern = template.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+')
      const operation = operations[method.toLowerCase()]
      if (operation && new RegExp(`^${pattern}$`).test(trimmed)) return [template, operation]
    }
    return undefined
  }
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
