import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { TopicView } from '../../herder/herder.ts'
import { exactJson } from '../exact-json.ts'
import { HttpError } from '../http-error.ts'
import { parameterOf, valuesOf } from '../parameters.ts'
import { resource } from '../resource.ts'
import { listOf, ref } from '../schemas/answers.ts'

const mostRecords = 1000

export function topicsResource(app: FastifyInstance, topics: TopicView): void {
  resource(app, '/topics', {
    GET: {
      id: 'listTopics',
      summary: 'Topics of the log (not in Kafka Connect)',
      answers: { 200: { description: 'The topics', schema: listOf(ref('Topic')) } },
      handle: () => topics.topics(),
    },
  })
  resource(app, '/topics/:topic/records', {
    GET: {
      id: 'readRecords',
      summary: 'Some records of a partition (not in Kafka Connect)',
      query: {
        partition: { type: 'integer', default: 0 },
        from: { type: 'string', default: 'earliest', description: 'earliest, latest, an offset' },
        limit: { type: 'integer', default: 10, minimum: 1, maximum: mostRecords },
      },
      answers: { 200: { description: 'The records', schema: ref('TopicPage') } },
      handle: async (request, reply) => {
        const from = firstOf(request, 'from') ?? 'earliest'
        const page = await topics.records(
          parameterOf(request, 'topic'),
          numberOf(request, 'partition', 0, 2 ** 31 - 1) ?? 0,
          from === 'earliest' || from === 'latest'
            ? from
            : (numberOf(request, 'from', 0, Number.MAX_SAFE_INTEGER, ' or earliest, latest') ?? 0),
          numberOf(request, 'limit', 1, mostRecords) ?? 10,
        )
        return reply.type('application/json').send(exactJson(page))
      },
    },
  })
}

function firstOf(request: FastifyRequest, name: string): string | undefined {
  return valuesOf(request, name)?.[0]
}

function numberOf(
  request: FastifyRequest,
  name: string,
  low: number,
  high: number,
  others = '',
): number | undefined {
  const text = firstOf(request, name)
  if (text === undefined) return undefined
  const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (number >= low && number <= high) return number
  throw new HttpError(400, 'REST_BAD_REQUEST', {
    message: `The query parameter ${name} must be a whole number from ${low} to ${high}${others}`,
  })
}
