import { ConnectException } from '../../api/errors.ts'
import type { Logger } from '../../api/logger.ts'
import type { ClientSettings, LogScope } from '../log.ts'
import { clientOf, openClient } from './kafka-client.ts'
import { type ClientsParts, type Connected, KafkaClients } from './kafka-clients.ts'
import { KafkaLog, type KafkaShare } from './kafka-log.ts'
import { connectsAlike, type KafkaLogOptions, ownKeys, taskKeys } from './kafka-log-settings.ts'

/** Reaches the cluster, or throws in words. */
export async function openKafkaLog(options: KafkaLogOptions): Promise<KafkaLog> {
  const { common, codec = 'own', logger = silent, clientId = 'tapline' } = options
  const own = await openClient(common, { clientId, logger })
  const { cluster } = own
  const { logger: _, ...rest } = options
  const share: KafkaShare = { kind: 'kafka', options: rest }

  /** What belongs to the log itself, and lives as long. */
  const shared: Connected = { client: own, close: async () => {} }
  /** A task's producers and consumers have connections of their own, with their names. */
  const connect = async (keys: ClientSettings): Promise<Connected> => {
    const name = keys['client.id'] ?? clientId
    const client = connectsAlike(options, keys)
      ? clientOf(cluster.sibling(name))
      : await openClient(keys, { clientId: name, logger })
    return { client, close: () => client.cluster.close() }
  }
  const connectAdmin = async (keys: ClientSettings): Promise<Connected> =>
    connectsAlike(options, keys) ? shared : connect(keys)
  const logOf = (
    scope: (scope: LogScope) => KafkaLog,
    parts: Omit<ClientsParts, 'clientId' | 'codec' | 'logger'>,
  ) =>
    new KafkaLog({
      clusterId: cluster.clusterId,
      isTransactional: parts.transactionalId !== null,
      clients: new KafkaClients({ ...parts, clientId, codec, logger }),
      share,
      scope,
    })
  const scopeOf = (scope: LogScope): KafkaLog => {
    const { transactionalId = null } = scope
    if (transactionalId === '') throw new ConnectException('A transactional id cannot be empty')
    return logOf(scopeOf, {
      keys: taskKeys(options, scope),
      transactionalId,
      readsUncommitted: true,
      connect,
      connectAdmin,
    })
  }
  return logOf(scopeOf, {
    keys: ownKeys(options),
    transactionalId: null,
    readsUncommitted: false,
    connect: async () => shared,
    connectAdmin: async () => shared,
    onClosed: () => cluster.close(),
  })
}

/** The same log in another thread, over connections of its own. */
export function joinKafkaLog({ options }: KafkaShare, logger?: Logger): Promise<KafkaLog> {
  return openKafkaLog({ ...options, ...(logger && { logger }) })
}

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} }
