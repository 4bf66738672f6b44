import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ConfigDef, ConnectorDefinition } from '../api/index.ts'
import { connectWorkerConfig } from '../config/connect-worker-config.ts'
import { ownKeyDocs } from '../config/own-keys.ts'
import { clientKeys } from '../log/client-settings.ts'
import { PluginRegistry } from '../plugins/registry.ts'
import { differences } from '../rest/differences.ts'
import { differenceTable, errorTable, keysTable, ownKeysTable, pluginTable } from './reference.ts'

/** `npm run docs`: writes what declarations say into the READMEs, between markers. A test makes them anew and finds nothing changed. */
export const root = resolve(import.meta.dirname, '../..')

export interface Document {
  readonly file: string
  readonly text: string
}

/** Every README that has generated parts, with these made anew. */
export async function documents(): Promise<Document[]> {
  const plugins = (await PluginRegistry.scan()).list()
  const folders = readdirSync(resolve(root, 'connectors')).filter((folder) =>
    existsSync(resolve(root, 'connectors', folder, 'README.md')),
  )
  return [
    fill('README.md', { plugins: pluginTable(plugins) }),
    fill('runtime/api/README.md', { errors: errorTable() }),
    fill('runtime/config/README.md', {
      'connect-keys': keysTable(connectWorkerConfig),
      'own-keys': ownKeysTable(ownKeyDocs()),
      'client-keys': keysTable(clientKeys.admin),
      'producer-keys': keysTable(besides(clientKeys.producer)),
      'consumer-keys': keysTable(besides(clientKeys.consumer)),
    }),
    fill('runtime/rest/README.md', { differences: differenceTable(differences) }),
    ...(await Promise.all(folders.map(connectorReadme))),
  ]
}

async function connectorReadme(folder: string): Promise<Document> {
  const { default: declared } = (await import(`../../connectors/${folder}/index.ts`)) as {
    default: ConnectorDefinition | readonly ConnectorDefinition[]
  }
  const definitions = [declared].flat() as ConnectorDefinition[]
  const keys = definitions.map(({ name, config }) => `### ${name}\n\n${keysTable(config)}`)
  return fill(`connectors/${folder}/README.md`, { keys: keys.join('\n\n') })
}

/** What only this client has. */
function besides(def: ConfigDef): ConfigDef {
  return Object.fromEntries(
    Object.entries(def).filter(([name]) => !Object.hasOwn(clientKeys.admin, name)),
  )
}

function fill(file: string, parts: Readonly<Record<string, string>>): Document {
  let text = readFileSync(resolve(root, file), 'utf8')
  for (const [name, content] of Object.entries(parts)) {
    const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
    const from = text.indexOf(open)
    const to = text.indexOf(close)
    if (from < 0 || to < from) throw new Error(`${file} has no "${open} … ${close}"`)
    text = `${text.slice(0, from + open.length)}\n\n${content}\n\n${text.slice(to)}`
  }
  return { file, text }
}

if (import.meta.main)
  for (const { file, text } of await documents()) writeFileSync(resolve(root, file), text)
