import root, { type Test } from 'tap'
import { OwnServer } from '../services/own-server.ts'
import { currentRun } from '../services/run.ts'
import type { ServerOptions, Service } from '../services/server.ts'
import { SupervisorClient } from '../services/supervisor-client.ts'

export type { ServerOptions, Service } from '../services/server.ts'

/** A first start installs: the registries may be slow. */
const installTimeoutMs = 15 * 60_000

export interface OwnService extends Service {
  /** Asks it to end; its data and ports stay its own. */
  stop(): Promise<void>
  /** As a crash: SIGKILL. */
  kill(): Promise<void>
  /** Again, on the same data and ports, until it answers. */
  start(): Promise<void>
}

/**
 * The real server of that name, one for the whole test run, so topics, tables and groups need random names. Where it cannot be had the
 * test skips with the reason and gets undefined; REQUIRE_SERVERS=1 makes that a failure.
 */
export function service(t: Test, name: string): Promise<Service | undefined> {
  return orSkip(t, name, () => new SupervisorClient(currentRun()).service(name))
}

/** A server for this test alone: with settings of its own, or to be stopped and killed. It ends with the test. */
export function startOwn(
  t: Test,
  name: string,
  options: ServerOptions = {},
): Promise<OwnService | undefined> {
  return orSkip(t, name, async () => {
    const server = await OwnServer.start(name, options)
    t.teardown(() => server.remove())
    return {
      ...server.service,
      stop: () => server.stop(),
      kill: () => server.kill(),
      start: () => server.start(),
    }
  })
}

async function orSkip<T>(t: Test, name: string, get: () => Promise<T>): Promise<T | undefined> {
  extendTimeout(t)
  try {
    return await get()
  } catch (error) {
    if (process.env['REQUIRE_SERVERS'] === '1') throw error
    // A line of TAP.
    t.plan(0, `needs ${name}: ${(error as Error).message.replaceAll(/\s+/g, ' ')}`)
    return undefined
  }
}

/** For the file, its test and tap itself, whose 30 seconds are for tests without a server. Never makes it shorter. */
function extendTimeout(t: Test): void {
  for (const each of new Set<Test>([root as unknown as Test, t]))
    if ((each.options.timeout ?? 0) < installTimeoutMs) each.setTimeout(installTimeoutMs)
}
