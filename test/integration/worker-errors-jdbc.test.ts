import t from 'tap'
import { BatchBuilder } from '../../runtime/log/batch/batch-builder.ts'
import { randomName, startPostgres } from '../helpers/postgres.ts'
import { until, workerRig } from '../helpers/worker-rig.ts'

/** From the log into a table that refuses some rows: the others arrive, and the refused ones are dead letters with the database's reason. */

t.setTimeout(300_000)

const server = await startPostgres(t)
if (server) {
  const database = await server.createDatabase()
  t.teardown(() => database.close())

  t.test('rows that the table refuses become dead letters, all others rows', async (t) => {
    const rig = await workerRig(t, { commitMs: 50 })
    const table = randomName('flows')
    await database.query(`CREATE TABLE ${table} (id bigint PRIMARY KEY, n bigint CHECK (n <> 7))`)
    const isBad = (id: number) => [0, 500, 1999].includes(id)
    const isBroken = (id: number) => id === 1234
    const builder = new BatchBuilder({ topic: table, partition: 0 })
    const value = (id: number) =>
      isBroken(id) ? '{"id":' : JSON.stringify({ id, n: isBad(id) ? 7 : id + 10 })
    const ids = Array.from({ length: 2000 }, (_, id) => id)
    for (const id of ids) builder.append(null, value(id), 1)
    await rig.log.append([builder.build()])

    await rig.start('out', {
      'connector.class': 'io.confluent.connect.jdbc.JdbcSinkConnector',
      ...database.connection,
      topics: table,
      'insert.mode': 'upsert',
      'pk.mode': 'record_value',
      'pk.fields': 'id',
      'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
      'value.converter.schemas.enable': 'false',
      'errors.tolerance': 'all',
      'errors.deadletterqueue.topic.name': 'dlq',
      'errors.deadletterqueue.context.headers.enable': 'true',
    })
    await until(
      'the commit',
      async () => (await rig.committed('out'))[`${table}-0`] === 2000,
      60_000,
    )
    const [{ rows }] = (await database.query(`SELECT count(*)::int AS rows FROM ${table}`)) as [
      { rows: number },
    ]
    t.equal(rows, 1996)
    const { records } = await rig.log.read({ topic: 'dlq', partition: 0 }, 0, { records: 10 })
    const told = records.map(({ value: bytes, headers }) => {
      const story = new Map(headers.map((header) => [header.key, String(header.value)]))
      const of = (name: string) => story.get(`__connect.errors.${name}`) ?? ''
      return [String(bytes), of('offset'), of('stage'), of('exception.message')] as const
    })
    const sorted = told.toSorted(([, a], [, b]) => Number(a) - Number(b))
    t.strictSame(
      sorted.map(([bytes, offset, stage]) => [bytes, offset, stage]),
      [0, 500, 1234, 1999].map((id) => [
        value(id),
        `${id}`,
        isBroken(id) ? 'VALUE_CONVERTER' : 'TASK_PUT',
      ]),
    )
    t.match(sorted[0]?.[3], /23514|check/, 'the reason of the database')
    t.equal(rig.last('out')?.state, 'RUNNING')
  })
}
