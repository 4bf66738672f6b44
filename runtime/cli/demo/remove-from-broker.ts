import { openLog } from '../../log/open.ts'

/** Takes topics and groups away, so that the broker is as it was. */
export async function removeFromBroker(
  bootstrapServers: string,
  { topics, groups }: { readonly topics: readonly string[]; readonly groups: readonly string[] },
): Promise<void> {
  const log = await openLog({
    kind: 'kafka',
    common: { 'bootstrap.servers': bootstrapServers },
    clientId: 'tapline-demo',
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  })
  try {
    for (const group of groups) await log.deleteGroup(group)
    for (const topic of topics) await log.deleteTopic(topic)
  } finally {
    await log.close()
  }
}
