import { type ConfigKey, showValue } from '../api/index.ts'
import type { ConfigReport } from './config-report.ts'

/** Declared keys of which only the default can be had yet. */
const onlyDefault = [
  /(^|\.)plugin\.version$/,
  /^exactly\.once\.support$/,
  /^transaction\.boundary$/,
  /^offsets\.storage\.topic$/,
]

/** Accepted, or refused on the key in words: nothing that a config asks for is ignored in silence. */
export function refuseLaterKeys(report: ConfigReport): void {
  for (const [name, key, value] of report.right()) {
    if (onlyDefault.some((pattern) => pattern.test(name)) && !isDefault(key, value)) {
      report.addError(name, notYet(name, showValue(key.default, key.type)))
    }
  }
}

function notYet(name: string, only: string | null): string {
  const instead = only ? `leave it out or set it to ${only}` : 'leave it out'
  return `Setting ${name} is not available yet: ${instead}.`
}

function isDefault(key: ConfigKey, value: unknown): boolean {
  if (value === null) return true
  const [shown, standard] = [value, key.default].map((each) =>
    showValue(each, key.type)?.toLowerCase(),
  )
  return shown === standard
}
