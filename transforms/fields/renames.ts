import { invalidValue, type Validator } from '../../runtime/api/index.ts'

/** `old:new` pairs; of several for one name the last counts. */
export class Renames {
  readonly #newNames = new Map<string, string>()
  readonly #oldNames = new Map<string, string>()

  constructor(items: readonly string[]) {
    for (const item of items) {
      const [old = '', renamed = ''] = splitAtColons(item)
      this.#newNames.set(old, renamed)
    }
    for (const [old, renamed] of this.#newNames) this.#oldNames.set(renamed, old)
  }

  newName(old: string): string {
    return this.#newNames.get(old) ?? old
  }

  oldName(renamed: string): string {
    return this.#oldNames.get(renamed) ?? renamed
  }
}

export const renamesProblem: Validator = (value) => {
  const items = value as readonly string[] | null
  if (items === null) return 'entry must be non null'
  const wrong = items.find((item) => splitAtColons(item).length !== 2)
  return wrong === undefined ? undefined : `Invalid rename mapping: ${wrong}`
}

/** Connect's words for an item of any list of pairs; they name `renames` wherever the list stands. */
export function invalidMapping(items: readonly string[], item: string): string {
  return invalidValue(items, 'renames', `Invalid rename mapping: ${item}`)
}

/** As Java splits: empty parts at the end are dropped. */
export function splitAtColons(item: string): string[] {
  const parts = item.split(':')
  while (parts.length > 1 && parts.at(-1) === '') parts.pop()
  return parts
}
