import t from 'tap'
import { clipped, parseIdentifier, quoted, tableFor } from '../../../connectors/jdbc/identifier.ts'
import { maskedUrl, parseJdbcUrl } from '../../../connectors/jdbc/url.ts'

t.test('a JDBC URL of Postgres is read in all its forms', (t) => {
  const read = (text: string) => {
    const { hosts, database, parameters } = parseJdbcUrl(text)
    return [
      hosts.map(({ host, port }) => `${host}:${port}`).join(' '),
      database,
      Object.fromEntries(parameters),
    ]
  }
  t.strictSame(read('jdbc:postgresql:db'), ['localhost:5432', 'db', {}])
  t.strictSame(read('jdbc:postgresql:/'), ['localhost:5432', null, {}])
  t.strictSame(read('jdbc:postgresql://host/'), ['host:5432', null, {}])
  t.strictSame(read('jdbc:PostgreSQL://host:5433/d%62'), ['host:5433', 'db', {}])
  t.strictSame(read('jdbc:postgresql://a:1,b,[::1]:3/db?ssl=true&user=me%26you&flag'), [
    'a:1 b:5432 ::1:3',
    'db',
    { ssl: 'true', user: 'me&you', flag: '' },
  ])
  t.strictSame(read('jdbc:postgresql://host?currentSchema=a+b'), [
    'host:5432',
    null,
    { currentSchema: 'a+b' },
  ])
  for (const bad of [
    'jdbc:postgresql://h:x/db',
    'jdbc:postgresql://h:70000/db',
    'jdbc:postgresql://u:p@h/db',
    'jdbc:postgresql://h/%zz',
    'jdbc:',
    '',
  ])
    t.throws(
      () => parseJdbcUrl(bad),
      { name: 'JdbcUrlProblem', message: /^Not a valid JDBC URL: / },
      bad,
    )
  t.end()
})

t.test('a parameter that would give another server or other rights is not passed over', (t) => {
  for (const parameter of ['sslmode=maybe', 'targetServerType=nearest', 'readOnly=true'])
    t.throws(() => parseJdbcUrl(`jdbc:postgresql://h/db?${parameter}`), {
      message: /is not available/,
    })
  t.end()
})

t.test('passwords are masked wherever a URL holds them', (t) => {
  t.equal(
    maskedUrl('jdbc:mysql://me:secret@h/db?user=me&password=secret&trustStorePassword=secret&a=b'),
    'jdbc:mysql://me:****@h/db?user=me&password=****&trustStorePassword=****&a=b',
  )
  t.equal(
    maskedUrl('jdbc:mysql://(host=h,password=secret)/db'),
    'jdbc:mysql://(host=h,password=****)/db',
  )
  t.end()
})

t.test('an identifier is split at dots outside quotes', (t) => {
  t.strictSame(parseIdentifier('t'), ['t'])
  t.strictSame(parseIdentifier('db.s.t'), ['db', 's', 't'])
  t.strictSame(parseIdentifier('"a.b"."c""d".e"f'), ['a.b', 'c"d', 'e"f'])
  for (const bad of ['t.', '"t', '"a"b', 's."t'])
    t.throws(
      () => parseIdentifier(bad),
      { message: /^Failure parsing fully qualified identifier; / },
      bad,
    )
  t.end()
})

t.test('a table is named by topic and format', (t) => {
  const context = {
    format: 'pre_$' + '{topic}',
    topicCharacters: 'any',
    isQuoted: true,
    database: 'db',
    schema: 'public',
  } as const
  t.equal(String(tableFor('Topic', context)), '"db"."public"."pre_Topic"')
  t.equal(String(tableFor('Topic', { ...context, isQuoted: false })), '"db"."public"."pre_topic"')
  t.equal(String(tableFor('a.b', context)), '"db"."pre_a"."b"')
  t.equal(
    String(tableFor('a.b', { ...context, topicCharacters: 'dotless' })),
    '"db"."public"."pre_a_b"',
  )
  t.equal(
    String(tableFor('a.b-c', { ...context, topicCharacters: 'word' })),
    '"db"."public"."pre_a_b_c"',
  )
  t.equal(
    String(tableFor('$&', context)),
    '"db"."public"."pre_$&"',
    'a topic is no replacement pattern',
  )
  t.throws(() => tableFor('', { ...context, format: '$' + '{topic}' }), {
    message: /^Destination table name for topic '' is empty/,
  })
  t.throws(() => tableFor('t', { ...context, schema: null }), { message: /^No schema for table/ })
  t.throws(() => tableFor('a.b.c.d', context), { message: /^Failure parsing/ })
  t.end()
})

t.test('names are quoted, and cut where the server would cut them', (t) => {
  t.equal(quoted('a"b'), '"a""b"')
  t.throws(() => quoted('a\0b'), { code: 'CONNECT_ERROR' })
  t.equal(clipped('x'.repeat(64)), 'x'.repeat(63))
  t.equal(clipped('é'.repeat(40)), 'é'.repeat(31))
  t.equal(clipped('😀'.repeat(20)), '😀'.repeat(15))
  t.end()
})
