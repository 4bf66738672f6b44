import { isPlainObject, isSecretName, type SinkRecord, Struct } from '../../runtime/api/index.ts'

/** Shorter ones cannot be told from ordinary text. */
const shortest = 3

/** What stands in a record under the name of a secret: the server repeats values in its errors (I5). Longest first: one may hold another. */
export function secretsOf({ key, value }: SinkRecord): string[] {
  return [key, value]
    .flatMap(membersOf)
    .filter(([name, member]) => isSecretName(name) && member !== null && member !== undefined)
    .map(([, member]) => String(member))
    .filter((text) => text.length >= shortest)
    .sort((a, b) => b.length - a.length)
}

function membersOf(side: unknown): (readonly [string, unknown])[] {
  if (side instanceof Struct)
    return side.schema.fields.map(({ name, index }) => [name, side.values[index]] as const)
  return isPlainObject(side) ? Object.entries(side) : []
}
