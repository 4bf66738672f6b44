import { type ConfigDef, type ConfigOf, validateConfig } from '../../../api/index.ts'
import type { ClientSettings } from '../../log.ts'
import type { Remark } from './parsed-settings.ts'

/** The parsed values of a table of keys, and all that is wrong with them; where something is, the values are not to be used. */
export function read<const D extends ConfigDef>(
  keys: D,
  java: ClientSettings,
): { readonly values: ConfigOf<D>; readonly problems: readonly Remark[] } {
  const checked = validateConfig(keys, java)
  return {
    values: Object.fromEntries(checked.map(({ name, value }) => [name, value])) as ConfigOf<D>,
    problems: checked.flatMap(({ name, errors }) =>
      errors.map((message) => [name, message] as const),
    ),
  }
}
