import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

/** A file system of its own in memory, so that "no space left" is the kernel's word. */
export class SmallDisk {
  readonly folder: string
  readonly #ballast: string

  constructor(folder: string) {
    this.folder = folder
    this.#ballast = join(folder, 'ballast')
  }

  /** Leaves so many bytes. */
  fill(leaving: number): void {
    this.free()
    const { bavail, bsize } = statfsSync(this.folder)
    writeFileSync(this.#ballast, Buffer.alloc(bavail * bsize - leaving))
  }

  free(): void {
    rmSync(this.#ballast, { force: true })
  }
}

/** Null after the skip was said: mounting needs root, and REQUIRE_SERVERS=1 makes its lack a failure. */
export function mountSmallDisk(t: Test, megabytes: number): SmallDisk | null {
  const folder = mkdtempSync(join(tmpdir(), 'tapline-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tapline-test', folder], {
      stdio: 'pipe',
    })
  } catch (error) {
    rmdirSync(folder)
    if (process.env['REQUIRE_SERVERS'] === '1') throw error
    t.plan(0, `needs a small file system: ${(error as Error).message.trim()}`)
    return null
  }
  t.teardown(() => {
    execFileSync('umount', ['--lazy', folder])
    rmdirSync(folder)
  })
  return new SmallDisk(folder)
}
