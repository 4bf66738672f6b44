import type { FastifyInstance } from 'fastify'
import { resource } from '../resource.ts'

/** What `runtime/metrics` gives: the Prometheus exposition of all threads. */
export interface MetricsView {
  readonly contentType: string
  render(): Promise<string>
}

export function metricsResource(app: FastifyInstance, metrics: MetricsView): void {
  resource(app, '/metrics', {
    GET: {
      id: 'getMetrics',
      summary: "Kafka Connect's metrics for Prometheus (not in Kafka Connect)",
      produces: 'text/plain',
      answers: { 200: { description: 'The metrics', schema: { type: 'string' } } },
      handle: async (_, reply) =>
        reply.header('content-type', metrics.contentType).send(await metrics.render()),
    },
  })
}
