import { tracingChannel } from 'node:diagnostics_channel'
import { openSync, writeSync } from 'node:fs'
import { threadId } from 'node:worker_threads'

/**
 * Loaded first by every thread of a worker under test (`--import`): keeps in a file which phases are under way, so that whoever kills the
 * process can tell afterwards what it was doing. One octet per thread and phase: how many calls are inside.
 */
export const phases = ['append', 'commit', 'put', 'offset'] as const

const file = process.env['PHASE_FILE']
if (file) {
  const fd = openSync(file, 'r+')
  phases.forEach((phase, index) => {
    const at = threadId * phases.length + index
    let inside = 0
    const mark = (change: number) => {
      inside += change
      writeSync(fd, Uint8Array.of(Math.min(inside, 255)), 0, 1, at)
    }
    const enter = () => mark(1)
    const leave = () => mark(-1)
    const channel = tracingChannel(`tapline.${phase}`)
    // A synchronous phase ends with `end`, an asynchronous one with `asyncEnd`.
    channel.subscribe(
      phase === 'commit' ? { start: enter, end: leave } : { start: enter, asyncEnd: leave },
    )
  })
}
