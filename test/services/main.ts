/** npm run services: real servers by hand, without any test. */
import { stdout } from 'node:process'
import { Command } from 'commander'
import { cacheFolder } from './folders.ts'
import { runByHand } from './run.ts'
import { serverKind, serverKinds } from './servers/index.ts'
import { SupervisorClient } from './supervisor-client.ts'

const known = serverKinds.map(({ name }) => name)
const supervisor = new SupervisorClient(runByHand())
const say = (line: string) => stdout.write(`${line}\n`)

/** Goes through all, and ends with a failure when one failed. */
async function each(
  names: readonly string[],
  verb: (name: string) => Promise<string>,
): Promise<void> {
  for (const name of names.length > 0 ? names : known) {
    const began = Date.now()
    try {
      say(`${name}: ${await verb(name)} (${((Date.now() - began) / 1000).toFixed(1)} s)`)
    } catch (error) {
      say(`${name}: ${(error as Error).message}`)
      process.exitCode = 1
    }
  }
}

const program = new Command('services').description(
  `Real servers for tests: ${known.join(', ')}. No name means all. They are installed to ${cacheFolder()} ($TAPLINE_SERVICES_CACHE).`,
)
program
  .command('install [names...]')
  .description('puts into the cache what they need')
  .action((names: string[]) =>
    each(names, async (name) => {
      await serverKind(name).install()
      return 'installed'
    }),
  )
program
  .command('start [names...]')
  .description('starts them; they run until they are stopped')
  .action((names: string[]) =>
    each(names, async (name) => {
      const { port, url, info } = await supervisor.service(name)
      const facts = Object.entries(info).map(([key, value]) => `${key}=${value}`)
      return [port === 0 ? 'installed' : (url ?? `127.0.0.1:${port}`), ...facts].join(' ')
    }),
  )
program
  .command('stop [names...]')
  .description('stops them and removes their data')
  .action((names: string[]) =>
    each(names, async (name) => ((await supervisor.stop(name)) ? 'stopped' : 'was not running')),
  )
program
  .command('status')
  .description('what runs')
  .action(async () => {
    const running = await supervisor.status()
    if (running.length === 0) say('Nothing runs.')
    for (const { name, pid, service } of running)
      say(
        `${name}: ${service ? (service.url ?? 'installed') : 'not ready'}${pid ? ` pid ${pid}` : ''}`,
      )
  })
await program.parseAsync()
