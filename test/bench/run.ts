import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'

// npm run bench -- NAME [PARTS]: runs test/bench/NAME.bench.ts, which prints JSON lines.
const folder = import.meta.dirname
const [name = '', ...parts] = process.argv.slice(2)
const file = `${folder}/${name}.bench.ts`
if (!existsSync(file)) {
  const names = readdirSync(folder).filter((entry) => entry.endsWith('.bench.ts'))
  const known = names.map((entry) => entry.slice(0, -'.bench.ts'.length)).join(', ')
  process.stderr.write(`Which bench? npm run bench -- NAME, with one of: ${known}\n`)
  process.exitCode = 2
} else {
  const run = spawnSync(process.execPath, ['--expose-gc', file, ...parts], { stdio: 'inherit' })
  process.exitCode = run.status ?? 1
}
