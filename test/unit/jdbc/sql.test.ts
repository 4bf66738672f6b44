import t from 'tap'
import {
  addColumnsSql,
  createTableSql,
  textLiteral,
  writeSql,
} from '../../../connectors/jdbc/sql.ts'

t.snapshotFile = new URL('../../fixtures/jdbc/sql.snapshot.cjs', import.meta.url)

const id = { name: 'id', type: 'int8', cast: null, isKey: true }
const ip = { name: 'ip', type: 'text', cast: 'inet', isKey: false }
const odd = { name: 'say "hi"; --', type: 'text', cast: null, isKey: false }

t.test('statements', (t) => {
  const write = {
    table: '"public"."t"',
    columns: [id, ip, odd],
    mode: 'upsert',
    distinctByServer: false,
  } as const
  t.matchSnapshot(writeSql({ ...write, mode: 'insert' }), 'insert')
  t.matchSnapshot(writeSql(write), 'upsert')
  t.matchSnapshot(writeSql({ ...write, columns: [id] }), 'upsert of keys alone')
  t.matchSnapshot(
    writeSql({
      ...write,
      columns: [{ ...id, cast: 'citext' }, { ...id, name: 'part' }, ip],
      distinctByServer: true,
    }),
    'upsert with keys that only the server compares',
  )
  t.matchSnapshot(writeSql({ ...write, mode: 'update' }), 'update')
  t.matchSnapshot(writeSql({ ...write, mode: 'update', columns: [id] }), 'update of keys alone')
  t.matchSnapshot(writeSql({ ...write, mode: 'update', columns: [ip] }), 'update without keys')
  t.matchSnapshot(
    writeSql({
      ...write,
      mode: 'update',
      columns: [{ ...id, cast: 'citext' }, ip],
      distinctByServer: true,
    }),
    'update with keys that only the server compares',
  )
  t.matchSnapshot(
    writeSql({ ...write, mode: 'delete', columns: [id, { ...ip, isKey: true }] }),
    'delete',
  )
  t.matchSnapshot(
    addColumnsSql('"public"."t"', [
      { name: 'say "hi"', type: 'TEXT', isKey: false, isOptional: true, default: null },
      { name: 'word', type: 'TEXT', isKey: false, isOptional: true, default: textLiteral("it's") },
    ]),
    'add columns',
  )
  t.matchSnapshot(
    createTableSql('"public"."t"', [
      { name: 'id', type: 'BIGINT', isKey: true, isOptional: true, default: null },
      { name: 'say "hi"', type: 'TEXT', isKey: false, isOptional: true, default: null },
      { name: 'count', type: 'INT', isKey: false, isOptional: false, default: null },
      { name: 'word', type: 'TEXT', isKey: false, isOptional: true, default: textLiteral("it's") },
    ]),
    'create table',
  )
  t.end()
})

t.test('a text literal ends where it ends', (t) => {
  t.equal(textLiteral("'; DROP TABLE t; --"), "'''; DROP TABLE t; --'")
  t.equal(textLiteral("\\'"), " E'\\\\'''")
  t.end()
})
