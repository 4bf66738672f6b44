import type { FastifyInstance } from 'fastify'
import type { ConnectorPlugins, SentConfig } from '../../herder/herder.ts'
import { flagOf, parameterOf } from '../parameters.ts'
import { resource } from '../resource.ts'
import { listOf, ref } from '../schemas/answers.ts'

export function pluginsResource(app: FastifyInstance, plugins: ConnectorPlugins): void {
  resource(app, '/connector-plugins', {
    GET: {
      id: 'listPlugins',
      summary: 'What can be configured here',
      query: {
        connectorsOnly: { type: 'string', description: 'Any text but `true`: all kinds.' },
      },
      answers: { 200: { description: 'The plugins', schema: listOf(ref('PluginInfo')) } },
      handle: (request) => plugins.list(flagOf(request, 'connectorsOnly', true)),
    },
  })
  resource(app, '/connector-plugins/:plugin/config', {
    GET: {
      id: 'getPluginConfig',
      summary: 'Keys of a plugin: class or alias',
      answers: { 200: { description: 'The keys', schema: listOf(ref('ConfigKeyInfo')) } },
      handle: (request) => plugins.config(parameterOf(request, 'plugin')),
    },
  })
  resource(app, '/connector-plugins/:plugin/config/validate', {
    PUT: {
      id: 'validateConfig',
      summary: 'Every problem of a config at once; nothing is stored',
      body: 'config',
      answers: {
        200: { description: 'Each key with its errors', schema: ref('ConfigInfos') },
      },
      handle: (request) =>
        plugins.validate(parameterOf(request, 'plugin'), request.body as SentConfig),
    },
  })
}
