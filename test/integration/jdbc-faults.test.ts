import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { JdbcSinkTask } from '../../connectors/jdbc/task.ts'
import type { RawConfig, SinkRecord } from '../../runtime/api/index.ts'
import { type Direction, FaultProxy } from '../helpers/fault-proxy.ts'
import { openJdbcSink, upsertByKey } from '../helpers/jdbc-sink.ts'
import { persist } from '../helpers/persist.ts'
import { type PostgresServer, randomName, startPostgres } from '../helpers/postgres.ts'
import { until } from '../helpers/running-worker.ts'
import { sinkRecord } from '../helpers/sink-records.ts'

/** How long the lock is held: 30 for the whole proof. */
const lockSeconds = Number(process.env['LOCK_SECONDS'] ?? 3)
/** A cut at every so many octets: 1 for the whole proof. */
const cutEvery = Number(process.env['CUT_EVERY'] ?? 10)

t.setTimeout(900_000)

const upsert: RawConfig = { ...upsertByKey, 'pk.fields': 'id' }

const server = await startPostgres(t)
if (server) {
  const database = await server.createDatabase()
  t.teardown(() => database.close())
  const open = (t: Test, raw: RawConfig = upsert) => openJdbcSink(t, database, raw)
  const connect = async (t: Test) => {
    const client = await server.connect(database.name)
    t.teardown(() => client.end())
    return client
  }
  const through = async (t: Test, target: PostgresServer = server) => {
    const proxy = await FaultProxy.open(t, { host: '127.0.0.1', port: target.port })
    const url = `jdbc:postgresql://127.0.0.1:${proxy.port}/${database.name}?sslmode=disable`
    return { proxy, raw: { ...upsert, 'connection.url': url } }
  }
  const batch = (topic: string, value: unknown, ids = [1, 2, 3]) =>
    ids.map((id, offset) => sinkRecord({ topic, offset }, { value: { v: value } }, { value: id }))
  /** Backends of the sink in this database that wait for a lock. */
  const waiting = async () =>
    (
      await database.query(
        `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'tapline' AND wait_event_type = 'Lock'`,
      )
    ).map(({ pid }) => pid as number)

  t.test(`a lock held for ${lockSeconds} s is waited for, and nothing is lost`, async (t) => {
    const topic = randomName('t')
    const task = open(t)
    await task.put(batch(topic, 'old'))
    const other = await connect(t)
    await other.query('BEGIN')
    await other.query(`SELECT * FROM ${topic} WHERE id = 2 FOR UPDATE`)
    let isDone = false
    const put = persist(task, batch(topic, 'new')).finally(() => {
      isDone = true
    })
    await until('the sink waits', waiting, (pids) => pids.length === 1)
    await sleep(lockSeconds * 1000)
    t.equal(isDone, false)
    await other.query('COMMIT')
    t.strictSame(await put, [], 'without a failure')
    t.match(await database.rows(topic, 'id'), [{ v: 'new' }, { v: 'new' }, { v: 'new' }])
  })

  t.test('a lock timeout is waited out without counting; a statement timeout counts', async (t) => {
    const topic = randomName('t')
    await open(t).put(batch(topic, 'old'))
    const other = await connect(t)
    await other.query('BEGIN')
    await other.query(`LOCK TABLE ${topic}`)
    const impatient = open(t, { ...upsert, 'connection.options': '-c lock_timeout=150' })
    await t.rejects(impatient.put(batch(topic, 'new')), {
      code: 'CONNECT_RETRIABLE',
      counted: false,
      message: /SQLSTATE 55P03/,
      hint: /lock/,
    })
    const hasty = open(t, { ...upsert, 'connection.options': '-c statement_timeout=150' })
    await t.rejects(hasty.put(batch(topic, 'new')), {
      code: 'CONNECT_RETRIABLE',
      counted: true,
      message: /SQLSTATE 57014/,
    })
    await other.query('ROLLBACK')
    t.strictSame(await persist(impatient, batch(topic, 'new')), [])
    t.strictSame(await persist(hasty, batch(topic, 'newer')), [])
    t.match(await database.rows(topic, 'id'), [{ v: 'newer' }, { v: 'newer' }, { v: 'newer' }])
  })

  t.test('without a setting of its own a lock is waited for a minute at a time', async (t) => {
    const topic = randomName('t')
    await database.query(
      `CREATE TABLE ${topic} (id int PRIMARY KEY, v text DEFAULT current_setting('lock_timeout'))`,
    )
    await open(t).put([sinkRecord({ topic, offset: 0 }, { value: {} }, { value: 1 })])
    await database.query(`ALTER DATABASE ${database.name} SET lock_timeout = '7s'`)
    await open(t).put([sinkRecord({ topic, offset: 0 }, { value: {} }, { value: 2 })])
    await database.query(`ALTER DATABASE ${database.name} RESET lock_timeout`)
    t.match(await database.rows(topic, 'id'), [{ v: '1min' }, { v: '7s' }])
  })

  t.test('a backend ended in the middle of a batch: the batch comes again, whole', async (t) => {
    const topic = randomName('t')
    const task = open(t)
    await task.put(batch(topic, 'old'))
    const other = await connect(t)
    for (let round = 0; round < 3; round++) {
      await other.query('BEGIN')
      await other.query(`SELECT * FROM ${topic} WHERE id = 2 FOR UPDATE`)
      const put = persist(task, batch(topic, `new ${round}`, [1, 2, 3, 4 + round]))
      const [pid] = await until('the sink waits', waiting, (pids) => pids.length === 1)
      await database.query('SELECT pg_terminate_backend($1)', [pid])
      await until('another try', waiting, (pids) => pids.length === 1 && pids[0] !== pid)
      t.strictSame(await database.query(`SELECT v FROM ${topic} WHERE v = 'new ${round}'`), [])
      await other.query('COMMIT')
      const [failure] = await put
      t.match(failure, { counted: false, message: /SQLSTATE 57P01|Connection terminated/ })
      t.equal((await database.query(`SELECT 1 FROM ${topic} WHERE v = 'new ${round}'`)).length, 4)
    }
  })

  t.test('two tasks that deadlock: one is retried, both get through', async (t) => {
    const topic = randomName('t')
    await database.query(`CREATE TABLE ${topic} (id int PRIMARY KEY, v text, w text)`)
    await database.query(`INSERT INTO ${topic} VALUES (1), (2)`)
    // Each row takes its time, so that both hold one when they ask for the other.
    await database.query(
      `CREATE FUNCTION ${topic}_slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.3); RETURN new; END $$`,
    )
    await database.query(
      `CREATE TRIGGER slow AFTER UPDATE ON ${topic} FOR EACH ROW EXECUTE FUNCTION ${topic}_slow()`,
    )
    await database.query(`ALTER DATABASE ${database.name} SET deadlock_timeout = '100ms'`)
    // Two statements a batch (v under a key of text is another layout): sorted each, not together.
    const records = (ids: readonly (number | string)[], by: string): SinkRecord[] =>
      ids.map((id, offset) => sinkRecord({ topic, offset }, { value: { v: by } }, { value: id }))
    const tasks = [open(t), open(t)] as const
    const [one, other] = await Promise.all([
      persist(tasks[0], records([1, '2'], 'one')),
      persist(tasks[1], records([2, '1'], 'other')),
    ])
    const failures = [...one, ...other]
    t.ok(failures.length > 0, 'there was a deadlock')
    for (const failure of failures) t.match(failure, { counted: true, message: /SQLSTATE 40P01/ })
    const rows = await database.rows(topic, 'id')
    t.equal(rows.length, 2)
    t.equal(rows[0]?.['v'], rows[1]?.['v'], 'the later batch is there as a whole')
    await database.query(`ALTER DATABASE ${database.name} RESET deadlock_timeout`)
  })

  t.test('serialisation failures are counted, retried, and lose nothing', async (t) => {
    const topic = randomName('t')
    const raw = { ...upsert, 'connection.options': '-c default_transaction_isolation=serializable' }
    const tasks = [open(t, raw), open(t, raw), open(t, raw)]
    await open(t).put(batch(topic, 'old', [0, 1, 2, 3, 4, 5, 6, 7]))
    for (let round = 0; round < 15; round++) {
      const outcomes = await Promise.all(
        tasks.map((task, i) =>
          persist(task, batch(topic, `${round} of ${i}`, [0, 1, 2, 3, 4, 5, 6, 7])),
        ),
      )
      for (const failure of outcomes.flat()) {
        t.match(failure, { counted: true, message: /SQLSTATE 40001/ })
      }
      const rows = await database.query(`SELECT DISTINCT v FROM ${topic}`)
      t.equal(rows.length, 1, 'one batch, whole')
      t.match(rows[0]?.['v'], new RegExp(`^${round} of`))
    }
    const other = await connect(t)
    await other.query('BEGIN')
    await other.query(`UPDATE ${topic} SET v = 'other' WHERE id = 2`)
    const put = persist(tasks[0] as JdbcSinkTask, batch(topic, 'last'))
    await until('the sink waits', waiting, (pids) => pids.length === 1)
    await other.query('COMMIT')
    t.match(await put, [{ counted: true, message: /SQLSTATE 40001/ }])
    t.match(await database.rows(topic, 'id'), [{}, { v: 'last' }, { v: 'last' }, { v: 'last' }])
  })

  for (const direction of ['up', 'down'] satisfies Direction[])
    t.test(
      `a connection cut after every ${cutEvery} octets that go ${direction}, COMMIT and its answer included`,
      async (t) => {
        const { proxy, raw } = await through(t)
        const topic = randomName('t')
        const ids = [1, 2, 3, 4, 5]
        // Two statements, so a transaction of its own: BEGIN, both, COMMIT.
        const records = (value: number) => [
          ...batch(topic, value, ids),
          ...ids.map((id) =>
            sinkRecord({ topic, offset: 10 + id }, { value: { v: value } }, { value: `${id}` }),
          ),
        ]
        const cuts = async (isWarm: boolean) => {
          let task = open(t, raw)
          await persist(task, records(-1))
          if (!isWarm) task = open(t, raw)
          proxy.set(direction, {})
          await task.put(records(0))
          const octets = proxy.octets(direction)
          let written = 0
          for (
            let cutAfter = Math.floor(Math.random() * cutEvery);
            cutAfter < octets;
            cutAfter += cutEvery
          ) {
            if (!isWarm) {
              await task.stop()
              task = open(t, raw)
            }
            proxy.set(direction, { cutAfter })
            const failures = await persist(task, records(cutAfter))
            proxy.heal()
            if (failures.length === 0) t.fail(`no failure at octet ${cutAfter}`)
            const rows = await database.query(
              `SELECT id, v FROM ${topic} WHERE v <> $1 OR id > 5`,
              [cutAfter],
            )
            if (rows.length > 0) t.fail(`octet ${cutAfter}: ${JSON.stringify(rows)}`)
            written++
          }
          t.pass(
            `${written} cuts in ${octets} octets of a ${isWarm ? 'write' : 'new connection and its first write'}`,
          )
        }
        await cuts(true)
        await cuts(false)
        t.equal((await database.rows(topic, '1')).length, ids.length)
      },
    )

  t.test(
    'what a lost connection left in a lock is ended before anything newer is written',
    async (t) => {
      const { proxy, raw } = await through(t)
      const topic = randomName('t')
      const task = open(t, raw)
      await task.put(batch(topic, 'old'))
      const other = await connect(t)
      await other.query('BEGIN')
      await other.query(`SELECT * FROM ${topic} WHERE id = 2 FOR UPDATE`)
      const lost = task.put(batch(topic, 'lost'))
      const [zombie] = await until('the sink waits', waiting, (pids) => pids.length === 1)
      proxy.reset()
      await t.rejects(lost, { code: 'CONNECT_RETRIABLE' })
      t.strictSame(await waiting(), [zombie], 'the server goes on with it')
      const put = persist(task, batch(topic, 'new'))
      await until(
        'only the new one waits',
        waiting,
        (pids) => pids.length === 1 && pids[0] !== zombie,
      )
      await other.query('COMMIT')
      await put
      t.strictSame(
        await database.query(`SELECT count(*)::int AS n FROM pg_stat_activity WHERE pid = $1`, [
          zombie,
        ]),
        [{ n: 0 }],
      )
      t.match(await database.rows(topic, 'id'), [{ v: 'new' }, { v: 'new' }, { v: 'new' }])
    },
  )

  t.test(
    'a batch whose sender is gone is not committed, whatever it still waits for',
    async (t) => {
      for (const size of [3, 2500]) {
        const { proxy, raw } = await through(t)
        const topic = randomName('t')
        const ids = Array.from({ length: size }, (_, i) => i)
        await open(t).put(batch(topic, 'old', ids))
        const other = await connect(t)
        await other.query('BEGIN')
        await other.query(`SELECT * FROM ${topic} WHERE id = 2 FOR UPDATE`)
        const lost = open(t, raw).put(batch(topic, 'lost', ids))
        const pids = await until('the sink waits', waiting, (found) => found.length === 1)
        proxy.reset()
        await t.rejects(lost, { code: 'CONNECT_RETRIABLE' })
        await other.query('COMMIT')
        await until(
          'its backend to end',
          () => database.query('SELECT 1 FROM pg_stat_activity WHERE pid = $1', pids),
          (rows) => rows.length === 0,
        )
        t.strictSame(await database.query(`SELECT DISTINCT v FROM ${topic}`), [{ v: 'old' }])
      }
    },
  )

  t.test(
    'a half-open connection is given up after socketTimeout, and the batch comes again',
    async (t) => {
      const { proxy, raw } = await through(t)
      const topic = randomName('t')
      const task = open(t, { ...raw, 'connection.socketTimeout': '1' })
      await task.put(batch(topic, 'old'))
      proxy.blackHole()
      const failures = await persist(task, batch(topic, 'new'))
      t.match(failures[0], { counted: false, message: /timeout/ })
      t.match(await database.rows(topic, 'id'), [{ v: 'new' }, { v: 'new' }, { v: 'new' }])
    },
  )

  t.test('slow and refusing networks, garbled answers: retried or waited for', async (t) => {
    const { proxy, raw } = await through(t)
    const topic = randomName('t')
    const task = open(t, { ...raw, 'connection.socketTimeout': '2' })
    await task.put(batch(topic, 'old'))
    proxy.set('down', { delayMs: 100 })
    proxy.set('up', { octetsPerSecond: 20_000 })
    t.strictSame(await persist(task, batch(topic, 'slow')), [])
    proxy.refuse()
    const healing = sleep(300).then(() => proxy.heal())
    t.ok((await persist(task, batch(topic, 'refused'))).length > 0)
    await healing
    // The type of the first message of an answer, and its length.
    for (const bit of [0, 3, 6, 8, 20, 38]) {
      proxy.set('down', { flipBit: bit })
      await persist(task, batch(topic, `bit ${bit}`))
      proxy.heal()
      t.match(await database.rows(topic, 'id'), [
        { v: `bit ${bit}` },
        { v: `bit ${bit}` },
        { v: `bit ${bit}` },
      ])
    }
  })

  t.test('rights that are taken away are named; the sink goes on when they are back', async (t) => {
    const topic = randomName('t')
    const role = randomName('r')
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x'`)
    await database.query(`CREATE TABLE ${topic} (id int PRIMARY KEY, v text)`)
    await database.query(`GRANT SELECT, INSERT, UPDATE ON ${topic} TO ${role}`)
    const task = open(t, { ...upsert, 'connection.user': role, 'connection.password': 'x' })
    await task.put(batch(topic, 'old'))
    await database.query(`REVOKE UPDATE ON ${topic} FROM ${role}`)
    await t.rejects(task.put(batch(topic, 'new')), {
      code: 'CONNECT_ERROR',
      message: /permission denied .*SQLSTATE 42501; topic .* offsets 0 to 2$/,
      hint: /Grant/,
    })
    await database.query(`GRANT UPDATE ON ${topic} TO ${role}`)
    await task.put(batch(topic, 'new'))
    await database.query(`ALTER ROLE ${role} NOLOGIN`)
    await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${role}'`,
    )
    const failures: { code: string }[] = []
    for (let tries = 0; tries < 3; tries++)
      await task.put(batch(topic, 'newer')).catch((error) => failures.push(error))
    t.match(failures.at(-1), { code: 'CONNECT_ERROR', message: /SQLSTATE 28000/, hint: /pg_hba/ })
    t.match(await database.rows(topic, 'id'), [{ v: 'new' }, { v: 'new' }, { v: 'new' }])
  })

  t.test('a table altered, dropped and made again while it is written to', async (t) => {
    const topic = randomName('t')
    const task = open(t, { ...upsert, 'auto.evolve': 'true' })
    await task.put(batch(topic, 1))
    const rows = () => database.rows(topic, 'id')
    await database.query(`ALTER TABLE ${topic} DROP COLUMN v`)
    t.match(await persist(task, batch(topic, 2)), [{ counted: true, message: /SQLSTATE 42703/ }])
    t.match(await rows(), [{ v: '2' }, { v: '2' }, { v: '2' }], 'the column is added again')
    await database.query(`ALTER TABLE ${topic} RENAME v TO w`)
    await persist(task, batch(topic, 3))
    t.match(await rows(), [{ w: null, v: '3' }, { v: '3' }, { v: '3' }])
    await database.query(`DROP TABLE ${topic}`)
    await persist(task, batch(topic, 4))
    t.match(await rows(), [{ v: '4' }, { v: '4' }, { v: '4' }], 'and the table is made again')
    await database.query(`TRUNCATE ${topic}`)
    await database.query(`ALTER TABLE ${topic} ADD CONSTRAINT low CHECK (v < 6), ADD must int`)
    await persist(task, batch(topic, 5))
    await database.query(`UPDATE ${topic} SET must = 1`)
    await database.query(`ALTER TABLE ${topic} ALTER must SET NOT NULL`)
    await t.rejects(persist(task, batch(topic, 5, [1, 9])), {
      code: 'CONNECT_BATCH',
      message: /must/,
    })
    await database.query(
      `ALTER TABLE ${topic} DROP must, DROP CONSTRAINT low, DROP CONSTRAINT ${topic}_pkey`,
    )
    await t.rejects(persist(task, batch(topic, 6)), {
      code: 'CONNECT_ERROR',
      message: /SQLSTATE 42P10/,
    })
    await database.query(`ALTER TABLE ${topic} ADD UNIQUE (id)`)
    await persist(task, batch(topic, 6))
    t.match(await rows(), [{ v: '6' }, { v: '6' }, { v: '6' }])

    const strict = open(t, { ...upsert, 'auto.create': 'false' })
    await strict.put(batch(topic, 7))
    await database.query(`ALTER TABLE ${topic} DROP COLUMN v`)
    await t.rejects(persist(strict, batch(topic, 8)), {
      code: 'CONNECT_BATCH',
      message: /missing fields .*auto-evolution is disabled/,
    })
    await database.query(`ALTER TABLE ${topic} ADD v int`)
    await persist(strict, batch(topic, 9))
    await database.query(`DROP TABLE ${topic}`)
    await t.rejects(persist(strict, batch(topic, 10)), {
      code: 'CONNECT_ERROR',
      message: /is missing and auto-creation is disabled/,
    })
  })
}

const small = await startPostgres(t, {
  settings: {
    max_connections: '6',
    superuser_reserved_connections: '0',
    reserved_connections: '0',
    max_wal_senders: '0',
    autovacuum: 'off',
  },
})
if (server && small) {
  const [home, other] = [await server.createDatabase(), await small.createDatabase()]
  t.teardown(() => home.close())
  t.teardown(() => other.close())
  const topic = 'rows'
  const records = (v: number) => [sinkRecord({ topic, offset: v }, { value: { v } }, { value: 1 })]

  t.test('a server without a connection left is waited for', async (t) => {
    const clients = []
    for (;;) {
      const client = await small.connect(other.name).catch(() => null)
      if (!client) break
      clients.push(client)
    }
    const task = openJdbcSink(t, other, upsert)
    await t.rejects(task.put(records(1)), {
      code: 'CONNECT_RETRIABLE',
      counted: false,
      message: /SQLSTATE 53300/,
    })
    for (const client of clients) await client.end()
    await persist(task, records(1))
    t.match(await other.rows(topic, '1'), [{ v: '1' }])
  })

  t.test('a server that turns read-only is left for the one that takes writes', async (t) => {
    await small.query(`CREATE DATABASE ${home.name}`)
    const url = (...ports: number[]) => ({
      ...upsert,
      'connection.url': `jdbc:postgresql://${ports.map((port) => `127.0.0.1:${port}`).join(',')}/${home.name}`,
    })
    const both = openJdbcSink(t, home, url(server.port, small.port))
    const alone = openJdbcSink(t, home, url(server.port))
    await both.put(records(1))
    await alone.put(records(2))
    const readOnly = async (word: string) => {
      await server.query(`ALTER SYSTEM SET default_transaction_read_only = ${word}`)
      await server.query('SELECT pg_reload_conf()')
      await until(
        'the setting',
        () => home.query('SHOW default_transaction_read_only'),
        ([row]) => Object.values(row ?? {})[0] === word,
      )
    }
    await readOnly('on')
    const password = { password: small.password, user: small.user }
    t.strictSame(password, { password: server.password, user: server.user }, 'one user on both')
    const failures = await persist(both, records(3))
    t.match(failures[0], { counted: false, message: /SQLSTATE 25006/ })
    const there = await small.connect(home.name)
    t.match((await there.query('SELECT v::int FROM rows')).rows, [{ v: 3 }])
    await there.end()
    await t.rejects(alone.put(records(4)), { code: 'CONNECT_RETRIABLE', counted: false })
    await t.rejects(alone.put(records(4)), {
      code: 'CONNECT_RETRIABLE',
      counted: false,
      message: /The server is read-only: it takes no writes/,
    })
    await server.query('SET default_transaction_read_only = off')
    await readOnly('off')
    await persist(alone, records(4))
    t.match(await home.rows(topic, '1'), [{ v: '4' }])
  })
}
