import type { FastifyInstance } from 'fastify'
import { NotFoundException } from '../../api/errors.ts'
import type { ClusterLoggers, Loggers } from '../../herder/herder.ts'
import { HttpError } from '../http-error.ts'
import { parameterOf, valuesOf } from '../parameters.ts'
import { resource } from '../resource.ts'
import { listOf, ref } from '../schemas/answers.ts'

/** Connect's, which takes them in any case. */
const levels = ['OFF', 'FATAL', 'ERROR', 'WARN', 'INFO', 'DEBUG', 'TRACE', 'ALL']

export function loggersResource(
  app: FastifyInstance,
  loggers: Loggers,
  cluster: ClusterLoggers,
): void {
  resource(app, '/admin/loggers', {
    GET: {
      id: 'listLoggers',
      summary: 'Loggers of this worker with their levels (KIP-495)',
      answers: {
        200: {
          description: 'By name',
          schema: { type: 'object', additionalProperties: ref('LoggerLevel') },
        },
      },
      handle: () => loggers.all(),
    },
  })
  resource(app, '/admin/loggers/:logger', {
    GET: {
      id: 'getLogger',
      summary: 'Level of a logger',
      answers: { 200: { description: 'The level', schema: ref('LoggerLevel') } },
      handle: (request) => {
        const name = parameterOf(request, 'logger')
        const level = loggers.level(name)
        if (level === undefined) throw new NotFoundException(`Logger ${name} not found.`)
        return level
      },
    },
    PUT: {
      id: 'setLoggerLevel',
      summary: 'Set the level of a logger and of all whose names begin like it',
      description: 'Levels set here are forgotten at the next start.',
      body: 'level',
      query: {
        scope: {
          type: 'string',
          description: '`cluster`: on every worker; everything else: on this one.',
        },
      },
      answers: {
        200: { description: 'Those whose level changed', schema: listOf({ type: 'string' }) },
        204: { description: 'Every worker was told' },
      },
      handle: async (request, reply) => {
        const name = parameterOf(request, 'logger')
        const level = levelOf(request.body as { readonly level?: string | null })
        if (valuesOf(request, 'scope')?.[0]?.toLowerCase() !== 'cluster')
          return reply.send(loggers.set(name, level) ?? [])
        await cluster.setLoggerLevel(name, level)
        return reply.code(204).send()
      },
    },
  })
}

function levelOf({ level }: { readonly level?: string | null }): string {
  if (level === undefined || level === null) {
    throw new HttpError(400, 'REST_BAD_BODY', {
      message: "Desired 'level' parameter was not specified in request.",
      hint: `Send {"level": "…"} with one of ${levels.join(', ')}.`,
    })
  }
  if (levels.includes(level.toUpperCase())) return level.toUpperCase()
  throw new NotFoundException(`invalid log level '${level}'.`, {
    hint: `There are ${levels.join(', ')}.`,
  })
}
