import { finished } from 'node:stream/promises'
import {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
  fastify,
} from 'fastify'
import type { Logger } from '../api/logger.ts'
import type {
  ClusterLoggers,
  ConnectorPlugins,
  Connectors,
  ConnectorTopics,
  Loggers,
  Offsets,
  TopicView,
  WorkerView,
} from '../herder/herder.ts'
import { errorBody } from './error-answer.ts'
import { HttpError, notFound } from './http-error.ts'
import { negotiate } from './negotiation.ts'
import { describeRoutes } from './openapi.ts'
import { routedUrl } from './request-url.ts'
import { connectorConfigResource } from './resources/connector-config.ts'
import { connectorStateResource } from './resources/connector-state.ts'
import { connectorTopicsResource } from './resources/connector-topics.ts'
import { connectorsResource } from './resources/connectors.ts'
import { documentResource } from './resources/document.ts'
import { loggersResource } from './resources/loggers.ts'
import { type MetricsView, metricsResource } from './resources/metrics.ts'
import { offsetsResource } from './resources/offsets.ts'
import { pageResource } from './resources/page.ts'
import { pluginsResource } from './resources/plugins.ts'
import { tasksResource } from './resources/tasks.ts'
import { topicsResource } from './resources/topics.ts'
import { workerResource } from './resources/worker.ts'

/** What REST shows of the host: one interface a resource. */
export interface Resources {
  readonly connectors: Connectors
  readonly offsets: Offsets
  readonly connectorTopics: ConnectorTopics
  readonly loggers: Loggers
  readonly clusterLoggers: ClusterLoggers
  readonly plugins: ConnectorPlugins
  readonly worker: WorkerView
  readonly topics: TopicView
  readonly metrics: MetricsView
}

export interface ApplicationOptions {
  readonly logger: Logger
  readonly maxBodyBytes: number
  /** Connect's: the answer is 500, the work goes on. */
  readonly requestTimeoutMs: number
}

/** How long a body above the limit may still arrive before its sender is answered. */
const dropBodyMs = 2_000

export async function createApplication(
  resources: Resources,
  options: ApplicationOptions,
): Promise<FastifyInstance> {
  const settings: FastifyServerOptions = {
    bodyLimit: options.maxBodyBytes,
    rewriteUrl: ({ url }) => routedUrl(url ?? '/'),
    routerOptions: { maxParamLength: 1 << 14 },
    return503OnClosing: false,
    frameworkErrors: (error, _request, reply: FastifyReply) => {
      const body = errorBody(error)
      // Past all hooks: bytes, because Fastify would append a charset.
      reply.code(body.error_code).header('content-type', 'application/json')
      reply.send(Buffer.from(JSON.stringify(body)))
    },
    schemaController: { compilersFactory: { buildValidator, buildSerializer } },
  }
  const app: FastifyInstance = fastify(settings)
  speakJson(app)
  answerErrors(app, options.logger)
  limitTime(app, options.requestTimeoutMs)
  await describeRoutes(app, resources.worker.info().tapline.version)

  workerResource(app, resources.worker)
  connectorsResource(app, resources.connectors)
  connectorConfigResource(app, resources.connectors)
  connectorStateResource(app, resources.connectors)
  offsetsResource(app, resources.offsets)
  connectorTopicsResource(app, resources.connectorTopics)
  tasksResource(app, resources.connectors)
  pluginsResource(app, resources.plugins)
  topicsResource(app, resources.topics)
  loggersResource(app, resources.loggers, resources.clusterLoggers)
  metricsResource(app, resources.metrics)
  documentResource(app)
  pageResource(app)
  await app.ready()
  return app
}

/** Schemas describe (the OpenAPI document) and never cut an answer; bodies are checked in request-body.ts. Fastify's compilers are not loaded. */
const buildValidator = (() => () => () => true) as never
const buildSerializer = () => () => (answer: unknown) => JSON.stringify(answer)

function speakJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  // Bytes: what needs a body parses it itself, and a body that nobody needs is ignored.
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.addHook('onRequest', negotiate)
  app.addHook('onSend', async (_request, reply, payload) => {
    reply.header('server', 'Tapline')
    // Connect appends no charset.
    if (reply.getHeader('content-type') === 'application/json; charset=utf-8')
      reply.header('content-type', 'application/json')
    return payload
  })
}

function answerErrors(app: FastifyInstance, logger: Logger): void {
  app.setErrorHandler(async (error, request, reply) => {
    const body = errorBody(error, request.body)
    const { method, url, routeOptions } = request
    if (body.error_code >= 500) logger.error({ method, path: url, err: error }, 'request failed')
    if (body.error_code === 405) reply.header('allow', routeOptions.config.refused)
    if (body.error_code === 413) await dropBody(request)
    return reply.code(body.error_code).send(body)
  })
  app.setNotFoundHandler(() => {
    throw notFound()
  })
  app.addHook('onResponse', async (request, reply) => {
    logger.debug(
      {
        method: request.method,
        path: request.url,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      'request',
    )
  })
}

/** Closed while its body still arrives, a connection is reset and the client never reads why: what comes soon is dropped first. */
async function dropBody({ raw }: FastifyRequest): Promise<void> {
  raw.resume()
  await finished(raw, { writable: false, signal: AbortSignal.timeout(dropBodyMs) }).catch(() => {})
}

/** Not Fastify's handlerTimeout: it stops counting when the request's body has been read, so it never counts for a PUT. */
function limitTime(app: FastifyInstance, requestTimeoutMs: number): void {
  app.addHook('preHandler', async (_request, reply) => {
    const timer = setTimeout(() => {
      if (reply.sent) return
      reply.send(
        new HttpError(500, 'REST_TIMEOUT', {
          message: 'Request timed out',
          hint: 'The work goes on and may still succeed: look at the status before asking again.',
        }),
      )
    }, requestTimeoutMs)
    reply.raw.once('close', () => clearTimeout(timer))
  })
}
