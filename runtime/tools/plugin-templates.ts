/** What `npm run new` writes. Pure: a name in, files out. */
type Files = Readonly<Record<string, string>>

/** `acme-queue` → `AcmeQueue`. */
function className(name: string): string {
  return name.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())
}

function config(name: string): string {
  return `import { type ConfigOf, configDef, nonEmptyString } from '../../runtime/api/index.ts'

export const config = configDef({
  '${name}.url': {
    type: 'string',
    importance: 'high',
    doc: 'Where ${name} is reached.',
    validator: nonEmptyString,
  },
})
export type Config = ConfigOf<typeof config>
`
}

function readme(name: string, guarantee: string): string {
  return `# ${className(name)}

What it is for, in a sentence or two. ${guarantee}

<!-- keys -->
<!-- /keys -->
`
}

export function sinkFiles(name: string): Files {
  const plugin = `${className(name)}Sink`
  return {
    [`connectors/${name}/index.ts`]: `import { defineSink } from '../../runtime/api/index.ts'
import { config } from './config.ts'

export default defineSink({
  name: '${plugin}',
  doc: 'Writes each record to ${name}.',
  config,
  // The driver is loaded here and nowhere earlier: listing and validating plugins stays free of it.
  async open(config, context) {
    const { ${plugin}Task } = await import('./task.ts')
    return new ${plugin}Task(config, context)
  },
})
`,
    [`connectors/${name}/config.ts`]: config(name),
    [`connectors/${name}/task.ts`]: `import {
  ConnectException,
  type SinkContext,
  type SinkRecord,
  type SinkTask,
} from '../../runtime/api/index.ts'
import type { Config } from './config.ts'

export class ${plugin}Task implements SinkTask {
  readonly #config: Config

  constructor(config: Config, _context: SinkContext) {
    this.#config = config
  }

  /** Durable when it resolves. Throw RetriableException when the system is down, BatchException when single records are bad. */
  async put(records: readonly SinkRecord[]): Promise<void> {
    throw new ConnectException(
      \`Write \${records.length} records to \${this.#config['${name}.url']} here\`,
    )
  }

  async stop(): Promise<void> {}
}
`,
    [`connectors/${name}/README.md`]: readme(
      name,
      'At least once: an offset is committed when `put` has resolved; the same record may come again.',
    ),
    [`test/contract/${name}.test.ts`]: `import { randomUUID } from 'node:crypto'
import sink from '../../connectors/${name}/index.ts'
import { sinkRecord } from '../helpers/sink-records.ts'
import { sinkContract } from './sink.ts'

sinkContract('${plugin}', {
  definition: sink,
  config: { '${name}.url': '${name}://127.0.0.1' },
  requiredKeys: ['${name}.url'],
  record: (topic, offset, id, version = 1) =>
    sinkRecord({ topic, offset }, { value: { version } }, { value: { id } }),
  read: async (topic) => {
    throw new Error(\`Read back here what ${name} holds for \${topic}: id → version\`)
  },
  randomTopic: () => \`t-\${randomUUID()}\`,
})
`,
  }
}

export function sourceFiles(name: string): Files {
  const plugin = `${className(name)}Source`
  return {
    [`connectors/${name}/index.ts`]: `import { defineSource } from '../../runtime/api/index.ts'
import { config } from './config.ts'

export default defineSource({
  name: '${plugin}',
  doc: 'Reads ${name} into a topic.',
  config,
  // The driver is loaded here and nowhere earlier: listing and validating plugins stays free of it.
  async open(config, context) {
    const { records } = await import('./task.ts')
    return records(config, context)
  },
})
`,
    [`connectors/${name}/config.ts`]: config(name).replace(
      `  '${name}.url'`,
      `  topic: {
    type: 'string',
    importance: 'high',
    doc: 'Topic that receives the records.',
    validator: nonEmptyString,
  },
  '${name}.url'`,
    ),
    [`connectors/${name}/task.ts`]: `import {
  ConnectException,
  type SourceContext,
  type SourceRecord,
} from '../../runtime/api/index.ts'
import type { Config } from './config.ts'

/** Yield batches as they come; the offset of a record says where to go on after it. Pulling is the backpressure, \`finally\` the clean-up. */
export async function* records(
  config: Config,
  { offsets }: SourceContext,
): AsyncGenerator<readonly SourceRecord[]> {
  const sourcePartition = { url: config['${name}.url'] }
  const last = Number((await offsets.read(sourcePartition))?.['number'] ?? 0)
  yield []
  throw new ConnectException(\`Read \${config['${name}.url']} here, from number \${last} on\`)
}
`,
    [`connectors/${name}/README.md`]: readme(
      name,
      'At least once: a restart goes on after the last record whose offset was stored.',
    ),
    [`test/contract/${name}.test.ts`]: `import source from '../../connectors/${name}/index.ts'
import { sourceContract } from './source.ts'

sourceContract('${plugin}', {
  definition: source,
  // A system for each test, empty at first.
  prepare: async () => ({
    config: { '${name}.url': '${name}://127.0.0.1', topic: 'records' },
    add: async (count) => {
      throw new Error(\`Put \${count} more records into ${name} here\`)
    },
    identify: ({ value }) => Number(value),
  }),
})
`,
  }
}
