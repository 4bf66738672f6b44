import { nonEmptyString, type Validator } from '../../runtime/api/index.ts'
import { presetNames, resolveFields } from '../../runtime/packet/field-plan.ts'
import { packetField } from '../../runtime/packet/fields.ts'
import { parsePace } from './pace.ts'

export { presetNames }

/** Values that the key will take when their feature is there: refused in words until then. */
export function notYet(...later: readonly string[]): Validator {
  return (value) => (later.includes(String(value)) ? `${value} is not available yet` : undefined)
}

/** A key whose whole feature comes later: any value but the default is refused. */
export function onlyDefault(what: string, usual: unknown = null): Validator {
  return (value) =>
    value === null || value === usual ? undefined : `${what} is not available yet; remove the key`
}

const GLOB = /[*?[\]{}]/

export const paths: Validator = (value) => {
  if (!Array.isArray(value) || value.length === 0) return 'Name at least one capture file'
  for (const path of value as string[]) {
    if (path === '') return 'A file name is empty: look for a comma too many'
    if (path === '-') return 'Reading standard input is not available yet; name files'
    if (GLOB.test(path))
      return `Globs are not available yet: name the files that "${path}" stands for`
  }
  const repeated = value.find((path, index) => value.indexOf(path) !== index)
  return repeated === undefined ? undefined : `"${repeated}" is named twice; each file is read once`
}

export const topic: Validator = (value, key) => {
  const empty = nonEmptyString(value, key)
  if (empty !== undefined) return empty
  const names = [...String(value).matchAll(/\$\{([^}]*)\}/g)].map((match) => match[1])
  if (names.includes('interface')) return `\${interface} is not available yet; use \${file}`
  const unknown = names.find((name) => name !== 'file')
  return unknown === undefined
    ? undefined
    : `\${${unknown}} stands for nothing here; only \${file} does`
}

const presetsToCome: readonly string[] = ['wlan-article', 'traffic-logs']

export const fields: Validator = (value) => {
  if (!Array.isArray(value) || value.length === 0) return 'Name at least one field or preset'
  const toCome = value.find((name) => presetsToCome.includes(name))
  if (toCome !== undefined) return `The preset ${toCome} is not available yet`
  const { unknown } = resolveFields(value as string[])
  if (unknown.length === 0) return undefined
  return `Not known: ${unknown.join(', ')}. Use field names such as ip_src, or the presets ${presetNames.join(', ')}`
}

export const keyForms = ['none', '5tuple', 'mac', 'position'] as const

export const key: Validator = (value) => {
  const text = String(value)
  if ((keyForms as readonly string[]).includes(text)) return undefined
  if (!text.startsWith('field:')) return `Must be one of: ${keyForms.join(', ')}, field:NAME`
  const name = text.slice('field:'.length)
  return packetField(name) === undefined
    ? `There is no field "${name}"; try field:ip_src`
    : undefined
}

export const pace: Validator = (value) =>
  parsePace(String(value)) === undefined
    ? 'Must be none, original, a speed such as x2.0, or rate:PACKETS_PER_SECOND'
    : undefined
