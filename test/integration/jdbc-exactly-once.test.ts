import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import jdbc from '../../connectors/jdbc/index.ts'
import { JdbcSinkTask } from '../../connectors/jdbc/task.ts'
import type { RawConfig, SinkContext, SinkDefinition } from '../../runtime/api/index.ts'
import { type Direction, FaultProxy } from '../helpers/fault-proxy.ts'
import { jdbcSinkConfig, openJdbcSink } from '../helpers/jdbc-sink.ts'
import { persist } from '../helpers/persist.ts'
import { randomName, startPostgres } from '../helpers/postgres.ts'
import { sinkContext, sinkRecord } from '../helpers/sink-records.ts'

/** A cut at every so many octets: 1 for the whole proof. */
const cutEvery = Number(process.env['CUT_EVERY'] ?? 10)

t.setTimeout(900_000)

/** No key at all: what is written twice is there twice. */
const once: RawConfig = { 'insert.mode': 'insert', 'exactly.once': 'true' }

const server = await startPostgres(t)
if (server) {
  const database = await server.createDatabase()
  t.teardown(() => database.close())

  const open = (t: Test, raw: RawConfig = {}) => openJdbcSink(t, database, { ...once, ...raw })
  const table = async () => {
    const topic = randomName('t')
    await database.query(`CREATE TABLE ${topic} (n int CHECK (n >= 0))`)
    return topic
  }
  const batch = (topic: string, from: number, to: number, bad: readonly number[] = []) =>
    Array.from({ length: to - from }, (_, i) =>
      sinkRecord(
        { topic, offset: from + i },
        { value: { n: bad.includes(from + i) ? -1 : from + i } },
      ),
    )
  const held = async (topic: string) =>
    (await database.query(`SELECT n::int FROM ${topic} ORDER BY n`)).map(({ n }) => n as number)
  const numbers = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => from + i)
  const kept = async (topic: string) =>
    await database.query(
      `SELECT part, next_offset::int AS next, refused::text FROM __connect_offsets WHERE connector = 'sink' AND topic = $1 ORDER BY part`,
      [topic],
    )
  const errorOf = (put: Promise<void>) =>
    put.then(
      () => null,
      (error) => error,
    )

  t.test('what comes again is not written again, by this task or the next', async (t) => {
    const topic = await table()
    const task = open(t)
    await task.put(batch(topic, 0, 10))
    await task.put(batch(topic, 5, 15))
    await task.put(batch(topic, 0, 15))
    const next = open(t)
    await next.put(batch(topic, 10, 20))
    await next.put(batch(topic, 20, 21))
    t.strictSame(await held(topic), numbers(0, 21))
    t.strictSame(await kept(topic), [{ part: 0, next: 21, refused: '{}' }])
  })

  t.test(
    'partitions and topics each have their own; a renamed topic keeps the one it has in the log',
    async (t) => {
      const topic = await table()
      const at = (partition: number, offset: number, originalTopic = topic) => ({
        ...sinkRecord({ topic, partition, offset }, { value: { n: partition * 100 + offset } }),
        originalTopic,
      })
      const task = open(t)
      await task.put([at(0, 5), at(1, 0), at(0, 6), at(2, 0, 'another')])
      await task.put([at(0, 5), at(1, 1), at(0, 7), at(2, 0, 'another')])
      t.strictSame(await held(topic), [5, 6, 7, 100, 101, 200])
      t.match(await kept(topic), [
        { part: 0, next: 8 },
        { part: 1, next: 2 },
      ])
      await task.revoked([{ topic, partition: 0 }])
      await task.put([at(0, 7), at(0, 8)])
      t.strictSame(await held(topic), [5, 6, 7, 8, 100, 101, 200])
    },
  )

  t.test('a task whose partitions another one took over writes nothing more', async (t) => {
    const topic = await table()
    const old = open(t)
    await old.put(batch(topic, 0, 5))
    const next = open(t)
    await next.put(batch(topic, 5, 10))
    await t.rejects(old.put(batch(topic, 5, 12)), { code: 'CONNECT_FENCED', message: /took over/ })
    await t.rejects(old.put(batch(topic, 10, 12)), { code: 'CONNECT_FENCED' })
    await next.put(batch(topic, 10, 11))
    t.strictSame(await held(topic), numbers(0, 11))
  })

  t.test('rows, tables, columns and offsets go together, or not at all', async (t) => {
    const topic = randomName('t')
    const task = open(t, { 'auto.create': 'true', 'auto.evolve': 'true' })
    await task.put(batch(topic, 0, 5))
    await database.query(
      `CREATE FUNCTION ${topic}_no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$`,
    )
    await database.query(
      `CREATE TRIGGER no BEFORE INSERT ON ${topic} FOR EACH ROW EXECUTE FUNCTION ${topic}_no()`,
    )
    const more = batch(topic, 5, 9).map((record) => ({
      ...record,
      value: { n: record.offset, m: 1 },
    }))
    await t.rejects(task.put(more), { code: 'CONNECT_RETRIABLE', counted: true })
    t.match(await kept(topic), [{ next: 5 }])
    t.strictSame(Object.keys((await database.rows(topic, 'n'))[0] ?? {}), ['n'])
    await database.query(`DROP TRIGGER no ON ${topic}`)
    t.strictSame(await persist(task, more), [])
    t.match(await kept(topic), [{ next: 9 }])
    t.strictSame(await held(topic), numbers(0, 9))
  })

  t.test('refused records stay open until the host put later ones', async (t) => {
    const topic = await table()
    const task = open(t)
    const error = await errorOf(task.put(batch(topic, 0, 10, [3, 7])))
    t.strictSame([...error.errors.keys()], [3, 7])
    t.strictSame(await kept(topic), [{ part: 0, next: 10, refused: '{3,7}' }])

    // The task failed: the next one is given all of it again, in other portions.
    const seeks: unknown[] = []
    const next = withSeek(t, seeks)
    const again = await errorOf(next.put(batch(topic, 0, 5, [3, 7])))
    t.strictSame([...again.errors.keys()], [3], 'by its place in what was put')
    t.strictSame(await kept(topic), [{ part: 0, next: 10, refused: '{3,7}' }])
    t.strictSame(await held(topic), [0, 1, 2, 4, 5, 6, 8, 9], 'nothing twice')

    // 3 went to a dead letter queue, the table takes 7 now.
    await next.put(batch(topic, 5, 12))
    t.strictSame(await kept(topic), [{ part: 0, next: 12, refused: '{}' }])
    t.strictSame(await held(topic), [0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11])
    t.strictSame(seeks, [])

    const third = open(t)
    const last = await errorOf(third.put(batch(topic, 12, 20, [15])))
    t.strictSame([...last.errors.keys()], [3])
    await errorOf(withSeek(t, seeks).put(batch(topic, 20, 25)))
    t.strictSame(
      seeks,
      [[{ topic, partition: 0, offset: 15 }]],
      'the host is asked for the refused one',
    )
  })

  t.test('a group that is ahead of the database is taken back, once', async (t) => {
    const topic = await table()
    await open(t).put(batch(topic, 0, 10))
    const seeks: unknown[] = []
    const task = withSeek(t, seeks)
    await t.rejects(task.put(batch(topic, 15, 20)), {
      code: 'CONNECT_RETRIABLE',
      message: new RegExp(`${topic}-0@10`),
    })
    t.strictSame(seeks, [[{ topic, partition: 0, offset: 10 }]])
    await task.put(batch(topic, 10, 20))
    t.strictSame(await held(topic), numbers(0, 20))

    const gap = withSeek(t, seeks)
    await errorOf(gap.put(batch(topic, 25, 30)))
    await gap.put(batch(topic, 25, 30))
    t.strictSame(
      (await held(topic)).length,
      25,
      'nothing was there: filtered out, or compacted away',
    )
  })

  t.test('a task that is given partitions says at once where they are read from', async (t) => {
    const topic = await table()
    const place = { topic, partition: 0 }
    const seeks: unknown[] = []
    const task = withSeek(t, seeks)
    await task.assigned([place, { topic, partition: 1 }])
    t.strictSame(seeks, [], 'nothing was written yet')
    await task.put(batch(topic, 0, 10))
    const next = withSeek(t, seeks)
    await next.assigned([place])
    t.strictSame(seeks, [[{ ...place, offset: 9 }]], 'the last one comes again, to be known again')
    await t.rejects(task.put(batch(topic, 10, 11)), { code: 'CONNECT_FENCED' })
    await next.put(batch(topic, 9, 12))
    await next.revoked([place])
    await next.assigned([place])
    t.strictSame(seeks[1], [{ ...place, offset: 11 }])
    await next.put(batch(topic, 12, 13))
    t.strictSame(await held(topic), numbers(0, 13))

    const elsewhere = { ...once, 'connection.url': 'jdbc:postgresql://127.0.0.1:9/db' }
    const cut = new JdbcSinkTask(jdbcSinkConfig(database, elsewhere), sinkContext())
    await t.resolves(cut.assigned([place]), 'a database that is down is met again in put')
    await cut.stop()
  })

  t.test('a topic that was made anew is noticed, not taken for what was written', async (t) => {
    const topic = await table()
    await open(t).put(batch(topic, 0, 10))
    const anew = (from: number, to: number) =>
      batch(topic, from, to).map((record) => ({ ...record, timestamp: 1_800_000_000_000 }))
    const task = open(t)
    await t.rejects(task.put(anew(0, 20)), {
      code: 'CONNECT_ERROR',
      message: new RegExp(`^The record at ${topic}-0@9 is not the one that the database holds`),
      hint: /reset the offsets/,
    })
    await t.rejects(task.put(anew(9, 20)), { code: 'CONNECT_ERROR' })
    t.strictSame(await held(topic), numbers(0, 10))
    await task.put(batch(topic, 9, 11))
    t.strictSame(await held(topic), numbers(0, 11), 'the one it was goes on')
  })

  t.test(
    'offsets that are changed by hand are changed here, and fence a task that runs',
    async (t) => {
      const topic = await table()
      const running = open(t)
      await running.put(batch(topic, 0, 10))
      const alter = async (raw: RawConfig, offset: number | null) =>
        (jdbc as SinkDefinition).alterOffsets?.(
          jdbcSinkConfig(database, { ...once, ...raw }) as never,
          [{ topic, partition: 0, offset }],
          { connector: 'sink', log: sinkContext().log, signal: AbortSignal.timeout(10_000) },
        )
      t.equal(await alter({}, 5), true)
      t.match(await kept(topic), [{ next: 5 }])
      await t.rejects(running.put(batch(topic, 10, 11)), { code: 'CONNECT_FENCED' })
      await open(t).put(batch(topic, 5, 10))
      t.strictSame((await held(topic)).length, 15)
      await alter({}, null)
      t.match(await kept(topic), [{ next: null }])
      t.equal(await alter({ 'exactly.once': 'false' }, 3), false)
      await t.rejects(() => alter({ 'connection.url': 'jdbc:postgresql://127.0.0.1:9/db' }, 3), {
        code: 'CONNECT_RETRIABLE',
      })
    },
  )

  t.test(
    'the table may be elsewhere, made by somebody else, and by many tasks at once',
    async (t) => {
      await database.query('CREATE SCHEMA keep')
      const raw = { 'offsets.table.name': 'keep."my offsets"' }
      const topics = await Promise.all(numbers(0, 1).map(table))
      const topic = topics[0] as string
      await Promise.all(
        numbers(0, 6).map((partition) =>
          open(t, raw).put([
            sinkRecord({ topic, partition, offset: 4 }, { value: { n: partition } }),
          ]),
        ),
      )
      t.equal(
        (await database.query('SELECT * FROM keep."my offsets" WHERE next_offset = 5')).length,
        6,
      )
    },
  )

  for (const direction of ['up', 'down'] satisfies Direction[])
    t.test(
      `0 duplicates, 0 missing with a cut after every ${cutEvery} octets that go ${direction}`,
      async (t) => {
        const proxy = await FaultProxy.open(t, { host: '127.0.0.1', port: server.port })
        const raw = {
          'connection.url': `jdbc:postgresql://127.0.0.1:${proxy.port}/${database.name}?sslmode=disable`,
        }
        const topic = await table()
        let task = open(t, raw)
        await task.put(batch(topic, 0, 10))
        let end = 10
        const sweep = async (isWarm: boolean) => {
          if (!isWarm) task = open(t, raw)
          proxy.set(direction, {})
          await task.put(batch(topic, end, end + 10))
          end += 10
          const octets = proxy.octets(direction)
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
            const failures = await persist(task, batch(topic, end, end + 10))
            proxy.heal()
            if (failures.length === 0) t.fail(`no failure at octet ${cutAfter}`)
            end += 10
          }
          t.strictSame(await held(topic), numbers(0, end), `${octets} octets`)
          t.match(await kept(topic), [{ next: end, refused: '{}' }])
        }
        await sweep(true)
        await sweep(false)
      },
    )

  t.test(
    'a server that crashes under load: each record once, offsets never ahead of the rows',
    async (t) => {
      const topic = await table()
      const task = open(t)
      let isDone = false
      const writing = (async () => {
        for (let from = 0; from < 20_000; from += 500) {
          await persist(task, batch(topic, from, from + 500), 10_000)
          await sleep(5)
        }
        isDone = true
      })()
      for (let crash = 0; crash < 3; crash++) {
        await sleep(100)
        await database.close()
        await server.kill()
        await server.start()
        const [row] = await database.query(
          `SELECT (SELECT next_offset::int FROM __connect_offsets WHERE topic = $1) AS next, count(*)::int AS n, count(DISTINCT n)::int AS d FROM ${topic}`,
          [topic],
        )
        t.ok(
          row?.['next'] === null || row?.['next'] === row?.['n'],
          `crash ${crash} at ${row?.['next']}`,
        )
        t.equal(row?.['n'], row?.['d'])
      }
      await writing
      t.equal(isDone, true)
      t.strictSame(await held(topic), numbers(0, 20_000))
    },
  )

  function withSeek(t: Test, seeks: unknown[]): JdbcSinkTask {
    const context: SinkContext = { ...sinkContext(), seek: (offsets) => seeks.push(offsets) }
    const task = new JdbcSinkTask(jdbcSinkConfig(database, once), context)
    t.teardown(() => task.stop())
    return task
  }
}
