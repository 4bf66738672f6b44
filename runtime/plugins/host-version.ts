import { readFileSync } from 'node:fs'

/** The host's version, from its package.json: what plugins without a version of their own report. */
export const hostVersion = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
).version
