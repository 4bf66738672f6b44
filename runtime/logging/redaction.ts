import { isSecretName, maskSecrets } from '../api/secrets.ts'

const hidden = '[hidden]'
const deepest = 8
const widest = 100
const longest = 1 << 15

/** Fields as they may be written: secrets hidden by their names and in texts (I5), errors as plain objects, every size bounded (I6). */
export function redacted(fields: object): Record<string, unknown> {
  return members(fields, 0)
}

function members(object: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(object)
      .slice(0, widest)
      .map(([name, value]) => [
        name,
        isSecretName(name) && mayBeSecret(value) ? hidden : clean(value, depth + 1),
      ]),
  )
}

/** `{ password: true }` or `{ password: null }` says that there is one, or none. */
function mayBeSecret(value: unknown): boolean {
  return value !== null && value !== undefined && typeof value !== 'boolean'
}

function clean(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return maskSecrets(value.slice(0, longest))
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth > deepest) return '…'
  if (value instanceof Error) return cleanError(value, depth)
  if (Buffer.isBuffer(value) || ArrayBuffer.isView(value)) return `${value.byteLength} bytes`
  if (Array.isArray(value)) return value.slice(0, widest).map((each) => clean(each, depth + 1))
  if (value instanceof Map) return members(Object.fromEntries(value), depth)
  if (value instanceof Set) return clean([...value], depth)
  if ('toJSON' in value && typeof value.toJSON === 'function') return clean(value.toJSON(), depth)
  return members(value, depth)
}

function cleanError(error: Error, depth: number): Record<string, unknown> {
  const { name, message, stack, cause, ...rest } = error
  const own = members({ ...rest, message, stack }, depth)
  return {
    type: name,
    ...own,
    ...(cause === undefined ? {} : { cause: clean(cause, depth + 1) }),
  }
}
