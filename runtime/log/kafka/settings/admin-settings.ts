import type { ClientSettings } from '../../log.ts'
import type { ParsedSettings } from './parsed-settings.ts'
import { remarksOnOtherKeys } from './unused-keys.ts'

/** An admin client is its connections (`connectionSettings`); what is left are the keys without meaning here. */
export function adminSettings(java: ClientSettings): ParsedSettings<Record<string, never>> {
  return { settings: {}, ...remarksOnOtherKeys('admin', java) }
}
