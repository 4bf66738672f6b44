import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { Command } from 'commander'
import type { Logger } from './api/index.ts'
import type { WorkerConfig } from './config/worker-config.ts'
import type { JsonLogger } from './logging/json-logger.ts'
import { hostVersion } from './plugins/host-version.ts'

interface WorkerFlags {
  readonly port?: string
  readonly dataDir?: string
}

/** Whose REST contract the worker answers by: what `GET /` shows, and what clients compare. */
const connectVersion = '4.3.1'
/** How long everything may take to stop before the process ends regardless (I4). */
const stopLimitMs = 9_000
const kafkaCloseMs = 500
/** As Connect's: the worker could not begin (configuration, ports, brokers), or its stores refused it. A wrong command line is 1. */
const exitCodes = { beforeHerder: 2, herder: 3 } as const

// The launcher's small young generation is for this thread: the flag would outdo what a task thread asks for itself.
setFlagsFromString('--max-semi-space-size=0')
// What the log brings lies outside of the heap and counts with it: a thread that begins with V8's small heap collects all of it every 20 MB.
setFlagsFromString('--initial-old-space-size=64')

const program = new Command('tapline')
  .description(
    'Runs Kafka Connect connectors without a JVM, and without a broker when there is none.',
  )
  .version(hostVersion)
  .showHelpAfterError()
  .addCommand(workerCommand())

// A worker's start does not wait for what only the other verbs need.
if (process.argv[2] !== 'worker') for (const verb of await otherVerbs()) program.addCommand(verb)
await program.parseAsync()

async function otherVerbs(): Promise<Command[]> {
  const [{ demoCommand }, { decodeCommand }, { logCommand }] = await Promise.all([
    import('./cli/demo.ts'),
    import('./cli/decode.ts'),
    import('./cli/log.ts'),
  ])
  return [demoCommand(), decodeCommand(), logCommand()]
}

function workerCommand(): Command {
  return new Command('worker')
    .description('run connectors: REST API, page and log in one process')
    .argument(
      '[file]',
      "the worker's configuration: a properties file of Kafka Connect, or JSON; Connect's worker keys and ours",
    )
    .option('--port <port>', 'port of the REST API; 0 takes a free one (default: 8083)')
    .option('--data-dir <folder>', 'where the log is kept (default: .tapline)')
    .action(async (file: string | undefined, flags: WorkerFlags) => {
      const { loadWorkerConfig } = await import('./config/worker-config.ts')
      const { JsonLogger } = await import('./logging/json-logger.ts')
      const starting = JsonLogger.create()
      const start: Start = { exitCode: exitCodes.beforeHerder }
      try {
        const config = loadWorkerConfig({
          file,
          flags: { port: flags.port, 'data.dir': flags.dataDir },
          env: process.env,
        })
        const logger = JsonLogger.create({ level: config.logLevel })
        const stop = await startWorker(config, logger, start)
        endOnSignal(stop, logger)
      } catch (err) {
        // A person at a terminal reads words, whoever collects logs a line of them.
        if (process.stdout.isTTY) process.stderr.write(`tapline worker: ${inWords(err)}\n`)
        else starting.error({ err }, 'the worker cannot start')
        process.exit(start.exitCode)
      }
    })
}

/** Everything a worker consists of; loading it goes on while the log opens. */
async function load() {
  const [herder, topics, troubles, worker, metrics, registry] = await Promise.all([
    import('./herder/connect-herder.ts'),
    import('./herder/topic-browser.ts'),
    import('./herder/troubles.ts'),
    import('./worker/worker.ts'),
    import('./metrics/metrics.ts'),
    import('./plugins/registry.ts'),
    import('./rest/application.ts'),
  ])
  const plugins = await registry.PluginRegistry.scan()
  return { ...herder, ...topics, ...troubles, ...worker, ...metrics, plugins }
}

/** How far the start came. */
interface Start {
  exitCode: number
}

/** Wires the parts in the order in which they need each other; returns what undoes it. */
async function startWorker(
  config: WorkerConfig,
  logger: JsonLogger,
  start: Start,
): Promise<() => Promise<void>> {
  const startedAt = performance.now()
  const [{ RestServer }, { workerIdOf }] = await Promise.all([
    import('./rest/rest-server.ts'),
    import('./config/worker-config.ts'),
  ])
  for (const warning of config.warnings) logger.warn({}, warning)
  config.onWarning((warning) => logger.warn({}, warning))
  await checkClients(config, logger)
  const { listeners, maxBodyBytes, bodyTimeoutMs } = config.rest
  const rest = new RestServer({
    listeners,
    logger: logger.named('rest'),
    maxBodyBytes,
    bodyTimeoutMs,
  })
  const [url = ''] = await rest.listen()
  try {
    const [log, parts] = await Promise.all([openTheLog(config, logger.named('log')), load()])
    const workerId = workerIdOf(config, url)
    const { herder, resources } = wire(config, parts, { log, logger, workerId })
    start.exitCode = exitCodes.herder
    // Before Kafka's topics are read every answer is that the worker is starting; the embedded log is there at once.
    if (log.kind === 'kafka') await herder.start()
    await Promise.all([rest.serve(resources), log.kind === 'embedded' && herder.start()])
    const ms = Math.round(performance.now() - startedAt)
    const place =
      config.kafka === null
        ? { dataDir: config.dataDir }
        : { kafka: config.kafka.common['bootstrap.servers'], group: config.kafka.groupId }
    logger.info({ url, ...place, ms }, 'the worker is ready')
    return async () => {
      await rest.close(1_000)
      await herder.shutdown()
      // What Kafka did not take until now somebody has given up already; the embedded log still writes what it was handed.
      const late = log.kind === 'kafka' ? [sleep(kafkaCloseMs)] : []
      await Promise.race([log.close(), ...late])
    }
  } catch (error) {
    await rest.close(0)
    throw error
  }
}

/** Settings of Kafka clients are judged once, before anything connects. */
async function checkClients({ kafka }: WorkerConfig, logger: Logger): Promise<void> {
  if (kafka === null) return
  const [{ checkWorkerClients }, { ConfigException }] = await Promise.all([
    import('./log/client-settings.ts'),
    import('./api/index.ts'),
  ])
  const { problems, warnings } = checkWorkerClients(kafka)
  for (const [, warning] of warnings) logger.warn({}, warning)
  if (problems.length > 0) throw new ConfigException(problems)
}

async function openTheLog(config: WorkerConfig, logger: Logger) {
  const [{ openLog }, { inConnectsWords, untilOpen }] = await Promise.all([
    import('./log/open.ts'),
    import('./log/until-open.ts'),
  ])
  const { kafka, dataDir, topicPartitions: defaultPartitions } = config
  if (kafka === null) return openLog({ kind: 'embedded', dataDir, defaultPartitions, logger })
  const { common, producer, consumer, admin, clientId, startTimeoutMs } = kafka
  try {
    return await untilOpen(
      () => openLog({ kind: 'kafka', common, producer, consumer, admin, clientId, logger }),
      { timeoutMs: startTimeoutMs, logger },
    )
  } catch (error) {
    throw inConnectsWords(error)
  }
}

interface Ground {
  readonly log: import('./log/open.ts').OpenedLog
  readonly logger: JsonLogger
  readonly workerId: string
}

type Parts = Awaited<ReturnType<typeof load>>

function wire(config: WorkerConfig, parts: Parts, { log, logger, workerId }: Ground) {
  const { plugins, ConnectHerder, Metrics, TopicBrowser, Worker, withTroubles } = parts
  for (const { path, error } of plugins.broken)
    logger.error({ err: error, path }, 'a plugin cannot be loaded and is left out')
  const metrics = new Metrics()
  const { keyConverter, valueConverter, headerConverter } = config.converters
  let worker: InstanceType<typeof Worker> | undefined
  const herder = new ConnectHerder({
    log,
    plugins,
    logger: logger.named('herder'),
    workerId,
    rules: {
      converters: {
        key: keyConverter['key.converter'] ?? '',
        value: valueConverter['value.converter'] ?? '',
        header: headerConverter['header.converter'] ?? '',
      },
      clients: { policy: config.overridePolicy, kafka: config.kafka },
      createsTopics: config.createsTopics,
    },
    stores: config.stores,
    topicTracking: config.topicTracking,
    variables: config.variables,
    loggers: logger.levels,
    worker: (hooks) => {
      worker = new Worker({
        log,
        plugins,
        defaults: config.converters,
        offsetTopic: config.stores.offset.topic,
        offsetFlushIntervalMs: config.offsetFlushIntervalMs,
        createsTopics: config.createsTopics,
        consumer: config.kafka?.consumer ?? {},
        taskShutdownGracefulTimeoutMs: config.taskShutdownGracefulTimeoutMs,
        threads: config.threads,
        logger: logger.named('worker'),
        metrics,
        ...hooks,
      })
      return worker
    },
  })
  const info = {
    version: connectVersion,
    commit: 'unknown',
    kafka_cluster_id: log.clusterId,
    tapline: { version: hostVersion, log: log.kind },
  }
  return {
    herder,
    resources: {
      connectors: herder,
      offsets: herder,
      connectorTopics: herder,
      loggers: logger.levels,
      clusterLoggers: herder,
      plugins: herder,
      worker: {
        info: () => info,
        health: async () =>
          withTroubles(await herder.health(), worker?.troubles() ?? [], herder.trouble),
      },
      topics: new TopicBrowser(log),
      metrics,
    },
  }
}

function inWords(error: unknown): string {
  const { message, hint } = error as Error & { hint?: string }
  return hint ? `${message}\n${hint}` : message
}

/** Stops on the usual signals, and when whoever started it with a channel has gone. A second signal does not wait. */
function endOnSignal(stop: () => Promise<void>, logger: Logger): void {
  let isStopping = false
  const end = async (reason: string) => {
    if (isStopping) return
    isStopping = true
    logger.info({ reason }, 'the worker stops')
    const late = setTimeout(() => {
      logger.error({ stopLimitMs }, 'the worker did not stop in time and ends as it is')
      process.exit(1)
    }, stopLimitMs)
    late.unref()
    try {
      await stop()
      logger.info({}, 'the worker has stopped')
      process.exit(0)
    } catch (err) {
      logger.error({ err }, 'the worker failed to stop')
      process.exit(1)
    }
  }
  process.on('SIGTERM', () => void end('SIGTERM'))
  process.on('SIGINT', () => void end('SIGINT'))
  process.on('SIGHUP', () => void end('SIGHUP'))
  process.on('disconnect', () => void end('its parent has ended'))
}
