import type { ServerKind } from '../server.ts'
import { connect } from './connect.ts'
import { elasticsearch8, elasticsearch9 } from './elasticsearch.ts'
import { kafka } from './kafka.ts'
import { mariadb } from './mariadb.ts'
import { mongodb } from './mongodb.ts'
import { neo4j } from './neo4j.ts'
import { postgres } from './postgres.ts'
import { redis } from './redis.ts'
import { schemaRegistry } from './schema-registry.ts'
import { chromium, kcat, tshark } from './tools.ts'

export const serverKinds: readonly ServerKind[] = [
  ...[kafka, connect, postgres, elasticsearch9, elasticsearch8, neo4j, mongodb],
  ...[schemaRegistry, redis, mariadb, tshark, kcat, chromium],
]

export function serverKind(name: string): ServerKind {
  const found = serverKinds.find((each) => each.name === name)
  if (found) return found
  const names = serverKinds.map((each) => each.name).join(', ')
  throw new Error(`No server "${name}": there are ${names}`)
}
