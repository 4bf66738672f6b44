import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import t from 'tap'

t.setTimeout(180_000)

const root = resolve(import.meta.dirname, '../..')
const fixtures = resolve(import.meta.dirname, '../fixtures/new-plugin')

/** A checkout of its own, so that the generated plugin meets nobody else's test. */
function checkout(folder: string): void {
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
  const needed = files
    .split('\n')
    .filter((file) =>
      /^(package\.json|tsconfig\.json|(runtime|connectors|transforms)\/|test\/(contract|helpers|services)\/)/.test(
        file,
      ),
    )
    .filter((file) => existsSync(join(root, file)))
  for (const file of needed) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    cpSync(join(root, file), join(folder, file))
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  execFileSync('git', ['init', '-q'], { cwd: folder })
  execFileSync('git', ['add', '-A'], { cwd: folder })
}

/** Without the loaders that the test runner gives to every child: `env` takes them away again. */
const run = (folder: string, ...words: string[]) =>
  spawnSync('env', ['-u', 'NODE_OPTIONS', process.execPath, ...words], {
    cwd: folder,
    encoding: 'utf8',
    // The plugin writes its target where the checkout's own cleaning takes it along.
    env: { ...process.env, TMPDIR: join(folder, '.git') },
  })

const untracked = (folder: string) =>
  execFileSync('git', ['status', '--porcelain', '-uall'], { cwd: folder, encoding: 'utf8' })
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('A  '))
    .map((line) => line.slice(3))
    .sort()

t.test(
  'a new sink is one folder and one test: it fails, is written, passes, and nothing else is touched',
  async (t) => {
    const folder = t.testdir()
    checkout(folder)
    const made = run(folder, 'runtime/tools/new-plugin.ts', 'sink', 'acme')
    t.equal(made.status, 0, made.stderr)
    const own = [
      'connectors/acme/README.md',
      'connectors/acme/config.ts',
      'connectors/acme/index.ts',
      'connectors/acme/task.ts',
      'test/contract/acme.test.ts',
    ]
    t.strictSame(untracked(folder), own)

    const types = run(folder, 'node_modules/typescript/bin/tsc', '--noEmit')
    t.equal(types.status, 0, `${types.stdout}${types.stderr}`)
    const before = run(folder, 'test/contract/acme.test.ts')
    t.not(before.status, 0, 'the contract fails before the sink is written')
    t.match(before.stdout, /Write \d+ records/)

    cpSync(join(fixtures, 'sink-task.txt'), join(folder, 'connectors/acme/task.ts'))
    const contract = join(folder, 'test/contract/acme.test.ts')
    const index = join(folder, 'connectors/acme/index.ts')
    writeFileSync(
      contract,
      readFileSync(contract, 'utf8').replace(
        / {2}read: async[\s\S]*?\n {2}},\n/,
        readFileSync(join(fixtures, 'sink-read.txt'), 'utf8'),
      ),
    )
    writeFileSync(
      index,
      readFileSync(index, 'utf8')
        .replace('AcmeSinkTask(config, context)', 'AcmeSinkTask()')
        .replace('open(config, context)', 'open()'),
    )
    const after = run(folder, 'test/contract/acme.test.ts')
    t.equal(after.status, 0, after.stdout)
    t.strictSame(untracked(folder), own, 'nothing else was touched')

    const listed = run(
      folder,
      '-e',
      "import('./runtime/plugins/registry.ts').then(async (m) => console.log((await m.PluginRegistry.scan()).connector('AcmeSink').class))",
    )
    t.match(listed.stdout, /AcmeSink/, 'the host finds it')
  },
)

t.test('a new source begins likewise', async (t) => {
  const folder = t.testdir()
  checkout(folder)
  t.equal(run(folder, 'runtime/tools/new-plugin.ts', 'source', 'acme').status, 0)
  const types = run(folder, 'node_modules/typescript/bin/tsc', '--noEmit')
  t.equal(types.status, 0, `${types.stdout}${types.stderr}`)
  t.not(run(folder, 'test/contract/acme.test.ts').status, 0)
})

t.test('what cannot be made is refused in words', async (t) => {
  const folder = t.testdir()
  checkout(folder)
  t.match(run(folder, 'runtime/tools/new-plugin.ts').stderr, /Say what kind/)
  t.match(run(folder, 'runtime/tools/new-plugin.ts', 'sink', 'No Name').stderr, /is no name/)
  t.match(run(folder, 'runtime/tools/new-plugin.ts', 'sink', 'jdbc').stderr, /is there already/)
})
