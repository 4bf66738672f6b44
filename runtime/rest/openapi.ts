import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { differences } from './differences.ts'
import { answers } from './schemas/answers.ts'

/** Before any route: the document is gathered from the routes as they are added. */
export async function describeRoutes(app: FastifyInstance, version: string): Promise<void> {
  for (const [name, schema] of Object.entries(answers)) app.addSchema({ $id: name, ...schema })
  const openapi = {
    openapi: '3.1.0',
    info: {
      title: 'Tapline',
      version,
      description:
        "Kafka Connect's REST API, answered as a distributed 4.3.1 worker does, and Tapline's own paths beside it. " +
        'Where the answers differ on purpose: x-differences-from-kafka-connect.',
    },
    'x-differences-from-kafka-connect': differences,
  }
  const options: FastifyDynamicSwaggerOptions = {
    openapi,
    refResolver: { buildLocalReference: (schema) => String(schema['$id']) },
  }
  await app.register(swagger, options)
}
