import type { FastifyInstance } from 'fastify'
import type { Connectors } from '../../herder/herder.ts'
import { connectorOf, flagOf } from '../parameters.ts'
import { resource } from '../resource.ts'
import { ref } from '../schemas/answers.ts'

const flag = { type: 'string', description: '`true` in any case; everything else is false.' }

export function connectorStateResource(app: FastifyInstance, connectors: Connectors): void {
  resource(app, '/connectors/:connector/status', {
    GET: {
      id: 'getConnectorStatus',
      summary: 'States of a connector and its tasks',
      answers: { 200: { description: 'The states', schema: ref('ConnectorStateInfo') } },
      handle: (request) => connectors.status(connectorOf(request)),
    },
  })
  resource(app, '/connectors/:connector/restart', {
    POST: {
      id: 'restartConnector',
      summary: 'Restart a connector, and with includeTasks its tasks',
      query: { includeTasks: flag, onlyFailed: flag },
      answers: {
        202: { description: 'What will be restarted', schema: ref('ConnectorStateInfo') },
        204: { description: 'The connector alone was restarted' },
      },
      handle: async (request, reply) => {
        const states = await connectors.restart(connectorOf(request), {
          includeTasks: flagOf(request, 'includeTasks'),
          onlyFailed: flagOf(request, 'onlyFailed'),
        })
        return states === null ? reply.code(204).send() : reply.code(202).send(states)
      },
    },
  })
  changesState(app, 'pause', 202, 'Pause a connector and its tasks', (name) =>
    connectors.pause(name),
  )
  changesState(app, 'resume', 202, 'Let a paused or stopped connector run again', (name) =>
    connectors.resume(name),
  )
  changesState(app, 'stop', 204, 'Stop a connector and remove its tasks', (name) =>
    connectors.stop(name),
  )
}

function changesState(
  app: FastifyInstance,
  verb: 'pause' | 'resume' | 'stop',
  status: 202 | 204,
  summary: string,
  change: (connector: string) => Promise<void>,
): void {
  resource(app, `/connectors/:connector/${verb}`, {
    PUT: {
      id: `${verb}Connector`,
      summary,
      answers: { [status]: { description: 'Accepted; the tasks follow' } },
      handle: async (request, reply) => {
        await change(connectorOf(request))
        return reply.code(status).send()
      },
    },
  })
}
