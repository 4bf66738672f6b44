import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { commandOf } from './command-of.ts'
import type { Ground } from './ground.ts'
import { KafkaBroker } from './kafka.ts'
import { properties } from './kafka-settings.ts'
import { removeFromBroker } from './remove-from-broker.ts'
import type { Example } from './stage.ts'

export interface KafkaGroundOptions {
  readonly folder: string
  /** Somebody's broker; without it one is started. */
  readonly bootstrapServers?: string | undefined
  /** Takes away from somebody's broker what the demo made there. */
  readonly removes: boolean
  readonly say: (text: string) => void
}

const stores = ['configs', 'offsets', 'status'] as const
const router = 'org.apache.kafka.connect.transforms.RegexRouter'

/** A Kafka: whatever the demo makes there has names of its own, the same at the next run in that folder. */
export class KafkaGround implements Ground {
  readonly workerFile: string
  readonly #name: string
  readonly #bootstrapServers: string
  readonly #broker: KafkaBroker | undefined
  readonly #removes: boolean
  readonly #topics = new Set<string>()
  #isDown = false

  private constructor(
    { folder, bootstrapServers, removes }: KafkaGroundOptions,
    name: string,
    broker: KafkaBroker | undefined,
  ) {
    this.workerFile = join(folder, 'worker.properties')
    this.#name = name
    this.#bootstrapServers = bootstrapServers ?? broker?.address ?? ''
    this.#broker = broker
    this.#removes = removes
    void broker?.exited.then(() => {
      this.#isDown = true
    })
  }

  static async prepare(options: KafkaGroundOptions): Promise<KafkaGround> {
    const { folder, bootstrapServers, say } = options
    await mkdir(folder, { recursive: true })
    await claim(folder)
    const name = await ownName(folder)
    if (bootstrapServers === undefined) say('Starting Kafka')
    const broker =
      bootstrapServers === undefined
        ? await KafkaBroker.start(join(folder, 'kafka'), say)
        : undefined
    const ground = new KafkaGround(options, name, broker)
    await writeFile(ground.workerFile, properties(ground.#workerSettings()))
    say(`Kafka is at ${ground.#bootstrapServers}; what the demo makes there begins with ${name}`)
    return ground
  }

  topicOf(name: string): string {
    return `${this.#name}-${name}`
  }

  adapt({ name, config }: Example): Example {
    const { topic, topics } = config
    if (topic !== undefined) {
      this.#topics.add(this.topicOf(topic))
      return {
        name,
        config: {
          ...config,
          topic: this.topicOf(topic),
          // A broker need not make topics by itself.
          'topic.creation.default.partitions': '1',
          'topic.creation.default.replication.factor': '-1',
        },
      }
    }
    const read = (topics ?? '').split(',').map((each) => this.topicOf(each.trim()))
    return {
      name,
      config: {
        ...config,
        topics: read.join(','),
        'consumer.override.group.id': this.#group(name),
        // Tables are called as on the embedded log.
        transforms: ['route', config['transforms']].filter(Boolean).join(','),
        'transforms.route.type': router,
        'transforms.route.regex': `${this.#name}-(.*)`,
        'transforms.route.replacement': '$1',
      },
    }
  }

  mustLive(): void {
    if (this.#isDown)
      throw new Error(
        'Kafka has ended; was it killed? Nothing is lost: start the demo again and it goes on.',
      )
  }

  async clear(): Promise<void> {
    if (this.#broker !== undefined) return this.#isDown ? undefined : this.#broker.stop()
    if (!this.#removes) return
    await removeFromBroker(this.#bootstrapServers, {
      topics: [...this.#topics, ...stores.map((store) => this.topicOf(store))],
      groups: [this.#group('postgres')],
    })
  }

  #group(connector: string): string {
    return `${this.#name}-${connector}`
  }

  #workerSettings(): Record<string, string> {
    const [configs, offsets, status] = stores.map((store) => this.topicOf(store))
    const json = 'org.apache.kafka.connect.json.JsonConverter'
    return {
      'bootstrap.servers': this.#bootstrapServers,
      'group.id': this.#name,
      'config.storage.topic': configs ?? '',
      'offset.storage.topic': offsets ?? '',
      'status.storage.topic': status ?? '',
      'config.storage.replication.factor': '-1',
      'offset.storage.replication.factor': '-1',
      'status.storage.replication.factor': '-1',
      'offset.storage.partitions': '1',
      'status.storage.partitions': '1',
      'key.converter': json,
      'key.converter.schemas.enable': 'false',
      'value.converter': json,
      'value.converter.schemas.enable': 'false',
      // The closing line asks how far the sources are.
      'offset.flush.interval.ms': '1000',
    }
  }
}

/** Told from the run before, so that this one goes on there. */
async function ownName(folder: string): Promise<string> {
  const file = join(folder, 'kafka-name')
  const known = await readFile(file, 'utf8').catch(() => '')
  if (known !== '') return known
  const name = `tapline-demo-${randomBytes(4).toString('hex')}`
  await writeFile(file, name)
  return name
}

/** Two at a time would be one group: the second one's Postgres is not the first one's. */
async function claim(folder: string): Promise<void> {
  const file = join(folder, 'demo.pid')
  const pid = Number(await readFile(file, 'utf8').catch(() => '0'))
  if (pid !== process.pid && pid !== 0 && (await commandOf(pid)).includes(' demo'))
    throw new Error(`Another demo (process ${pid}) uses ${folder}`)
  await writeFile(file, String(process.pid))
}
