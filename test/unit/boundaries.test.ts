import { readdirSync, readFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import t from 'tap'

/** Who may import whom: a room (or a file) → what it may reach besides itself. The longest matching entry counts. `*` is everything. */
const arrows: Record<string, readonly string[]> = {
  'runtime/api': [],
  'runtime/packet': [],
  'runtime/log': ['runtime/api'],
  'runtime/storage': ['runtime/api', 'runtime/log'],
  'runtime/metrics': ['runtime/api'],
  'runtime/logging': ['runtime/api'],
  'runtime/config': ['runtime/api'],
  'runtime/plugins': ['runtime/api'],
  'runtime/converters': ['runtime/api'],
  'runtime/worker': [
    'runtime/api',
    'runtime/log',
    'runtime/storage',
    'runtime/metrics',
    'runtime/plugins',
  ],
  'runtime/herder': [
    'runtime/api',
    'runtime/log',
    'runtime/storage',
    'runtime/plugins',
    'runtime/worker',
  ],
  'runtime/rest': ['runtime/api', 'runtime/herder'],
  'runtime/ui': [],
  'runtime/cli': [],
  'runtime/cli/decode.ts': ['runtime/api', 'runtime/plugins'],
  'runtime/cli/log.ts': ['runtime/api', 'runtime/log'],
  'runtime/cli/log-check.ts': ['runtime/api', 'runtime/log'],
  'runtime/cli/demo/remove-from-broker.ts': ['runtime/api', 'runtime/log'],
  'runtime/tools': ['*'],
  'runtime/main.ts': ['*'],
  'runtime/task-thread.ts': ['*'],
  'runtime/plugin-thread.ts': ['*'],
  connectors: ['runtime/api', 'runtime/packet'],
  transforms: ['runtime/api'],
}

/** Entries: nothing imports them. */
const entries = [
  'runtime/main.ts',
  'runtime/task-thread.ts',
  'runtime/plugin-thread.ts',
  'runtime/tools',
]

/** Verbs that open a log themselves. */
const logTools = [
  'runtime/cli/log.ts',
  'runtime/cli/demo/remove-from-broker.ts',
  'runtime/cli/log-check.ts',
]

/** Whole logs, which only `log/open.ts` and the composition roots know; everybody else sees the seam. */
const behindTheSeam = ['runtime/log/embedded', 'runtime/log/kafka', 'runtime/log/open.ts']

/** Packages → the only rooms that may import them. */
const packages: Record<string, readonly string[]> = {
  kafkajs: ['runtime/log/kafka'],
  snappy: ['runtime/log/batch'],
  'lz4-napi': ['runtime/log/batch'],
  'node:sqlite': ['runtime/log/embedded'],
  fastify: ['runtime/rest'],
  pino: ['runtime/logging'],
  convict: ['runtime/config'],
  commander: ['runtime/main.ts', 'runtime/cli'],
  'prom-client': ['runtime/metrics'],
  pg: ['connectors/jdbc', 'runtime/cli/demo'],
}

const root = resolve(import.meta.dirname, '../..')
const imports = /(?:\bfrom\s+|\bimport\s*\(\s*|\bimport\s+)'([^']+)'/g

interface Import {
  readonly file: string
  readonly target: string
}

function sourceFiles(folder: string): string[] {
  return readdirSync(resolve(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name))
    .map((entry) => relative(root, resolve(entry.parentPath, entry.name)))
}

function importsOf(file: string): Import[] {
  const text = readFileSync(resolve(root, file), 'utf8').replace(/^\s*(\/\/|\*|\/\*).*$/gm, '')
  return Array.from(text.matchAll(imports), ([, target = '']) => ({
    file,
    target: target.startsWith('.') ? relative(root, resolve(root, dirname(file), target)) : target,
  }))
}

const within = (path: string, room: string) => path === room || path.startsWith(`${room}/`)

function roomOf(file: string): string {
  const room = Object.keys(arrows)
    .filter((each) => within(file, each))
    .sort((a, b) => b.length - a.length)[0]
  // A connector is a room of its own: it must not reach another one.
  return room === 'connectors' ? file.split('/').slice(0, 2).join('/') : (room ?? '')
}

const allowedFrom = (room: string) =>
  arrows[room] ?? (room.startsWith('connectors/') ? arrows['connectors'] : undefined)

const all = ['runtime', 'connectors', 'transforms'].flatMap(sourceFiles).flatMap(importsOf)
const ours = all.filter(({ target }) => /^(runtime|connectors|transforms)\//.test(target))

t.test('every file belongs to a room with declared arrows', async (t) => {
  const strays = [...new Set(all.map(({ file }) => file))].filter((file) => !roomOf(file))
  t.strictSame(strays, [])
})

t.test('no import crosses a boundary that is not declared', async (t) => {
  const breaches = ours.filter(({ file, target }) => {
    const room = roomOf(file)
    const allowed = allowedFrom(room) ?? []
    return (
      !within(target, room.endsWith('.ts') ? dirname(room) : room) &&
      !allowed.some((each) => each === '*' || within(target, each))
    )
  })
  t.strictSame(breaches, [])
})

t.test('entries are not imported', async (t) => {
  const breaches = ours.filter(
    ({ file, target }) =>
      entries.some((entry) => within(target, entry)) &&
      !entries.some((entry) => within(file, entry)),
  )
  t.strictSame(breaches, [])
})

t.test('only the composition roots know which log it is', async (t) => {
  const breaches = ours.filter(
    ({ file, target }) =>
      behindTheSeam.some((each) => within(target, each)) &&
      !within(file, 'runtime/log') &&
      !entries.some((entry) => within(file, entry)) &&
      !logTools.includes(file),
  )
  t.strictSame(breaches, [])
})

t.test('a package is imported only by the room that owns it', async (t) => {
  const breaches = all.filter(({ file, target }) => {
    const owners = Object.entries(packages).find(([name]) => within(target, name))?.[1]
    return owners !== undefined && !owners.some((owner) => file.startsWith(owner))
  })
  t.strictSame(breaches, [])
})

t.test("a connector's declaration loads no driver", async (t) => {
  const declarations = all.filter(({ file }) =>
    /^connectors\/[^/]+\/(index|config)\.ts$/.test(file),
  )
  t.strictSame(
    declarations.filter(({ target }) => !/^(node:|runtime\/api|connectors\/)/.test(target)),
    [],
  )
})
