import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import t from 'tap'
import { codes } from '../../../runtime/api/index.ts'
import { documents, root } from '../../../runtime/tools/docs.ts'
import { keysTable } from '../../../runtime/tools/reference.ts'

t.test('the generated parts of every README are up to date (npm run docs)', async (t) => {
  const made = await documents()
  t.ok(made.length >= 3)
  for (const { file, text } of made) t.equal(readFileSync(resolve(root, file), 'utf8'), text, file)
})

t.test('the table of errors names every code, and no other', async (t) => {
  const text = readFileSync(resolve(root, 'runtime/api/README.md'), 'utf8')
  const named = Array.from(text.matchAll(/`(CONNECT_[A-Z_]+)`/g), ([, code]) => code)
  t.strictSame(named.sort(), [...codes].sort())
})

t.test('a key table shows type, default, deprecation, and hides what is internal', async (t) => {
  const table = keysTable({
    topic: { type: 'string', importance: 'high', doc: 'Where to.' },
    mode: {
      type: 'string',
      importance: 'low',
      doc: 'How | when.',
      oneOf: ['a', 'b'],
      default: 'a',
    },
    'old.mode': {
      type: 'string',
      importance: 'low',
      doc: 'How.',
      default: null,
      deprecated: { since: '0.1', use: 'mode' },
    },
    secret: { type: 'list', importance: 'low', doc: 'x', default: [], internal: true },
  })
  t.equal(
    table,
    [
      '| key | type | default | meaning |',
      '| --- | --- | --- | --- |',
      '| `topic` | string | **required** | Where to. |',
      '| `mode` | `a`, `b` | `a` | How \\| when. |',
      '| `old.mode` | string | – | How. *Deprecated since 0.1, use `mode`.* |',
    ].join('\n'),
  )
})
