import { execFileSync } from 'node:child_process'
import { cpus } from 'node:os'

const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()

export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export function spread(numbers: readonly number[], digits = 0): Spread {
  const sorted = [...numbers].sort((a, b) => a - b).map((each) => Number(each.toFixed(digits)))
  const [min = Number.NaN] = sorted
  return { median: sorted[sorted.length >> 1] ?? min, min, max: sorted.at(-1) ?? min }
}

/** One line of JSON: what was asked, the figures, where they come from. */
export function print(bench: string, figures: object): void {
  const machine = `${cpus().length} × ${cpus()[0]?.model}`
  const line = { bench, ...figures, node: process.version, machine, commit }
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
