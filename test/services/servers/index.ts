import type { ServerKind } from '../server.ts'
import { kafka } from './kafka.ts'

export const serverKinds: readonly ServerKind[] = [kafka]

export function serverKind(name: string): ServerKind {
  const found = serverKinds.find((each) => each.name === name)
  if (found) return found
  const names = serverKinds.map((each) => each.name).join(', ')
  throw new Error(`No server "${name}": there are ${names}`)
}
