import { readFile } from 'node:fs/promises'
import type { FastifyInstance } from 'fastify'
import { resource } from '../resource.ts'

const folder = new URL('../../ui/', import.meta.url)

/** The whole page. Three known files need no file server, whose import costs a sixth of the worker's start. */
const files = [
  { path: '/ui', file: 'index.html', type: 'text/html' },
  { path: '/ui/page.css', file: 'page.css', type: 'text/css' },
  { path: '/ui/page.js', file: 'page.js', type: 'text/javascript' },
] as const

/** Record content is hostile: nothing but our own two files runs or loads, whatever a record makes of itself. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:', // an empty icon, so that browsers do not ask for one
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

export function pageResource(app: FastifyInstance): void {
  for (const { path, file, type } of files) {
    resource(app, path, {
      GET: {
        id: `get_${file.replace('.', '_')}`,
        summary: 'The page for people (not in Kafka Connect)',
        produces: type,
        answers: { 200: { description: file, schema: { type: 'string' } } },
        handle: async (_, reply) =>
          reply
            .header('content-type', `${type}; charset=utf-8`)
            .header('content-security-policy', contentSecurityPolicy)
            .header('x-content-type-options', 'nosniff')
            .header('referrer-policy', 'no-referrer')
            .header('cache-control', 'no-cache')
            .send(await readFile(new URL(file, folder))),
      },
    })
  }
}
