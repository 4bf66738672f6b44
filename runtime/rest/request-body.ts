import type { ErrorObject, ValidateFunction } from 'ajv'
import { exactNumber } from './exact-json.ts'
import { HttpError } from './http-error.ts'
import { parseJson, parseKeepingText } from './json-text.ts'
import { type BodyName, bodies } from './schemas/bodies.ts'

/** The body as the endpoint needs it, or what is wrong with it in plain words. */
export async function readBody(name: BodyName, bytes: unknown): Promise<unknown> {
  const octets = Buffer.isBuffer(bytes) ? bytes : Buffer.alloc(0)
  const body = name === 'offsets' ? parseJson(octets, exactNumber) : parseKeepingText(octets)
  const validate = await validatorOf(name)
  if (!validate(body)) throw refusal(validate.errors?.[0] as ErrorObject, hints[name])
  return body
}

const validators = new Map<BodyName, ValidateFunction>()

/** ajv is loaded with the first body: a worker that only answers GET never needs it, and none waits for it at its start. */
async function validatorOf(name: BodyName): Promise<ValidateFunction> {
  const known = validators.get(name)
  if (known !== undefined) return known
  const { Ajv } = await import('ajv')
  const validator = new Ajv({ allowUnionTypes: true, verbose: true }).compile(bodies[name])
  validators.set(name, validator)
  return validator
}

/** How each body is meant. */
const hints: Readonly<Record<BodyName, string>> = {
  config: 'A config is flat: write nested values as one text.',
  create:
    'Send {"name": "…", "config": {"connector.class": "…", …}}: the settings of a connector belong inside "config", flat.',
  level: 'Send {"level": "DEBUG"}.',
  offsets: 'Send {"offsets": [{"partition": {…}, "offset": {…}}]}, as GET answers it.',
}

function refusal(
  { keyword, instancePath, params, data, parentSchema }: ErrorObject,
  hint: string,
): HttpError {
  const place = placeOf(instancePath)
  if (keyword === 'required') {
    return new HttpError(400, 'REST_BAD_BODY', {
      message: `${place} has no "${params['missingProperty']}"`,
      hint,
    })
  }
  if (keyword === 'additionalProperties') {
    const known = Object.keys((parentSchema as { properties?: object }).properties ?? {})
    return new HttpError(400, 'REST_BAD_BODY', {
      message: `${place} has an unknown field "${params['additionalProperty']}"; known are ${known.join(', ')}`,
      pointer: `${instancePath}/${escaped(String(params['additionalProperty']))}`,
      hint,
    })
  }
  return new HttpError(400, 'REST_BAD_BODY', {
    message: `${place} must be ${wanted(parentSchema)}, not ${kindOf(data)}`,
    pointer: instancePath === '' ? undefined : instancePath,
    hint,
  })
}

function placeOf(pointer: string): string {
  if (pointer === '') return 'The body'
  const [, ...names] = pointer.split('/')
  const quoted = names.map((name) => `"${name.replaceAll('~1', '/').replaceAll('~0', '~')}"`)
  return quoted.reverse().join(' in ')
}

function wanted(schema: unknown): string {
  const { type } = schema as { type?: unknown }
  const [most] = [type].flat()
  if (most === 'array') return 'an array'
  return most === 'object' ? 'a JSON object' : 'text, a number, true, false or null'
}

function kindOf(data: unknown): string {
  if (data === null) return 'null'
  if (Array.isArray(data)) return 'an array'
  return typeof data === 'object' ? 'an object' : 'a plain value'
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
