import type { FastifyRequest } from 'fastify'

/** A path parameter, decoded. */
export function parameterOf(request: FastifyRequest, name: string): string {
  return (request.params as Record<string, string>)[name] ?? ''
}

export function connectorOf(request: FastifyRequest): string {
  return parameterOf(request, 'connector')
}

/** Every value of a query parameter, undefined when it is not there. */
export function valuesOf(request: FastifyRequest, name: string): readonly string[] | undefined {
  const given = (request.query as Record<string, string | string[] | undefined>)[name]
  return typeof given === 'string' ? [given] : given
}

/** Only `true`, in any case, is true; left out it is `missing`. */
export function flagOf(request: FastifyRequest, name: string, missing = false): boolean {
  const [text] = valuesOf(request, name) ?? []
  return text === undefined ? missing : text.toLowerCase() === 'true'
}
