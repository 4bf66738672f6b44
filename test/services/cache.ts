import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheFolder } from './folders.ts'
import { lock } from './lock.ts'

/** The folder of that name (with its version in it), filled once for all checkouts and processes: it is there whole, or not at all. */
export async function cached(
  name: string,
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  const root = cacheFolder()
  const folder = join(root, name)
  if (existsSync(folder)) return folder
  await mkdir(root, { recursive: true, mode: 0o755 })
  await using _ = await lock(join(root, `${name}.lock`))
  if (existsSync(folder)) return folder
  const prefix = `.new-${name}-`
  for (const left of await readdir(root))
    if (left.startsWith(prefix)) await rm(join(root, left), { recursive: true })
  const fresh = await mkdtemp(join(root, prefix))
  await chmod(fresh, 0o755)
  try {
    await fill(fresh)
    await rename(fresh, folder)
  } catch (error) {
    await rm(fresh, { recursive: true, force: true })
    throw error
  }
  return folder
}
