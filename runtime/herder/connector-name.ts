import { BadRequestException } from '../api/index.ts'
import type { SentConfig } from './herder.ts'

/** As Java trims a text: blanks and control characters. */
export function trimmed(name: string): string {
  let start = 0
  let end = name.length
  while (start < end && name.charCodeAt(start) <= 32) start++
  while (end > start && name.charCodeAt(end - 1) <= 32) end--
  return name.slice(start, end)
}

/** The config with the connector's name in it; another name in there is a mistake. */
export function withName(name: string, config: SentConfig): SentConfig {
  const included = config['name']
  if (included === undefined || included === null) return { ...config, name }
  if (included === name) return config
  throw new BadRequestException(
    `Connector name configuration (${included}) doesn't match connector name in the URL (${name})`,
  )
}
