import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Connectors, ConnectorTaskId } from '../../herder/herder.ts'
import { notFound } from '../http-error.ts'
import { connectorOf, parameterOf } from '../parameters.ts'
import { resource } from '../resource.ts'
import { listOf, ref } from '../schemas/answers.ts'

export function tasksResource(app: FastifyInstance, connectors: Connectors): void {
  resource(app, '/connectors/:connector/tasks', {
    GET: {
      id: 'listTasks',
      summary: 'Tasks of a connector with their configs',
      answers: { 200: { description: 'The tasks', schema: listOf(ref('TaskInfo')) } },
      handle: (request) => connectors.tasks(connectorOf(request)),
    },
  })
  resource(app, '/connectors/:connector/tasks/:task/status', {
    GET: {
      id: 'getTaskStatus',
      summary: 'State of one task',
      answers: { 200: { description: 'The state', schema: ref('TaskState') } },
      handle: (request) => connectors.taskStatus(taskOf(request)),
    },
  })
  resource(app, '/connectors/:connector/tasks/:task/restart', {
    POST: {
      id: 'restartTask',
      summary: 'Restart one task',
      answers: { 204: { description: 'Restarted' } },
      handle: async (request, reply) => {
        await connectors.restartTask(taskOf(request))
        return reply.code(204).send()
      },
    },
  })
}

/** A number that is none is a path that does not exist, as everywhere in Connect. */
function taskOf(request: FastifyRequest): ConnectorTaskId {
  const text = parameterOf(request, 'task')
  const task = /^[+-]?\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (!(task >= -(2 ** 31) && task < 2 ** 31)) throw notFound()
  return { connector: connectorOf(request), task }
}
