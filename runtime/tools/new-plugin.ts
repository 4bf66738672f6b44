import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { sinkFiles, sourceFiles } from './plugin-templates.ts'

/** `npm run new -- sink acme`: one folder and one test, which fails until the task does its work. Nothing else is touched. */
const root = resolve(import.meta.dirname, '../..')
const kinds = { sink: sinkFiles, source: sourceFiles }

const [kind = '', name = ''] = process.argv.slice(2)
try {
  create(kind, name)
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exit(1)
}

function create(kind: string, name: string): void {
  if (!(kind in kinds)) throw new Error('Say what kind: npm run new -- sink NAME, or: source NAME')
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
    throw new Error(
      `"${name}" is no name for a folder: lower case letters, digits and dashes, as in acme-queue`,
    )
  const files = Object.entries(kinds[kind as keyof typeof kinds](name))
  const present = files.map(([file]) => file).find((file) => existsSync(resolve(root, file)))
  if (present) throw new Error(`${present} is there already; choose another name`)
  for (const [file, text] of files) {
    mkdirSync(dirname(resolve(root, file)), { recursive: true })
    writeFileSync(resolve(root, file), text)
  }
  process.stdout.write(
    `${files.map(([file]) => `wrote ${file}`).join('\n')}\n\nNow: npx tap test/contract/${name}.test.ts   (it fails until ${kind === 'sink' ? 'put' : 'the task'} is written)\n`,
  )
}
