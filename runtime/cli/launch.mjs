#!/usr/bin/env node
// Finds the Node this project is written for (the npm package `node`, pinned in package.json) and runs `runtime/main.ts` on it, whatever
// Node the machine has. Plain JavaScript for old versions: nothing here may need a newer one.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const pinned = join(root, 'node_modules', 'node', 'bin', 'node')
const lowest = 24

function refuse(message) {
  process.stderr.write(`tapline: ${message}\n`)
  process.exit(1)
}

const major = Number(process.versions.node.split('.')[0])
const node = existsSync(pinned) ? pinned : major >= lowest ? process.execPath : undefined
if (!node) {
  refuse(
    `this is Node ${process.versions.node}, and the pinned one is missing in ${pinned}. Run "npm ci" in ${root} (with install scripts allowed), or use Node ${lowest} or newer.`,
  )
}

// The compile cache halves the start; threads inherit it from the environment only.
const caches = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache')
const cache = process.env.NODE_COMPILE_CACHE ?? join(caches, 'tapline', 'compile')
const env = {
  ...process.env,
  NODE_COMPILE_CACHE: cache,
  // glibc keeps a pool of memory for each thread; two are enough here and save 10 MB.
  MALLOC_ARENA_MAX: process.env.MALLOC_ARENA_MAX ?? '2',
}
// The main thread moves no records: a small young generation saves 20 MB, and task threads set their own.
const flags = ['--max-semi-space-size=1', '--disable-warning=ExperimentalWarning']
const command = [...flags, join(root, 'runtime', 'main.ts'), ...process.argv.slice(2)]

// The same process goes on where the system can do that: signals and exit codes need nobody in between.
if (typeof process.execve === 'function') process.execve(node, [node, ...command], env)

const child = spawn(node, command, { stdio: 'inherit', env })
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('error', (error) => refuse(`cannot start ${node}: ${error.message}`))
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)))
