import t from 'tap'
import jdbc from '../../connectors/jdbc/index.ts'
import { INT64, OPTIONAL_STRING, SchemaBuilder, STRING, Struct } from '../../runtime/api/index.ts'
import { randomName, startPostgres } from '../helpers/postgres.ts'
import { sinkRecord } from '../helpers/sink-records.ts'
import { sinkContract } from './sink.ts'

const schema = SchemaBuilder.struct().field('version', INT64).field('note', OPTIONAL_STRING).build()

const server = await startPostgres(t, { settings: { fsync: 'on' } })
if (server) {
  const database = await server.createDatabase()
  t.teardown(() => database.close())

  const read = async (topic: string) =>
    new Map(
      (await database.query(`SELECT id::int AS id, version::int AS version FROM ${topic}`)).map(
        ({ id, version }) => [id as number, version as number],
      ),
    )
  const config = {
    ...database.connection,
    'insert.mode': 'upsert',
    'pk.mode': 'record_key',
    'pk.fields': 'id',
    'auto.create': 'true',
  }
  const target = {
    async down() {
      await database.close()
      await server.kill()
    },
    up: () => server.start(),
  }
  const common = {
    definition: jdbc,
    config,
    requiredKeys: ['connection.url'],
    read,
    target,
    randomTopic: () => randomName('t'),
  }

  sinkContract('JdbcSink, with schemas,', {
    ...common,
    record: (topic, offset, id, version = 1) =>
      sinkRecord(
        { topic, offset },
        { schema, value: new Struct(schema, [BigInt(version), `note ${id}`]) },
        { schema: STRING, value: `${id}` },
      ),
    badRecord: (topic, offset) =>
      sinkRecord(
        { topic, offset },
        { schema, value: new Struct(schema, [1n, 'U+0000: \0']) },
        { schema: STRING, value: '2' },
      ),
  })

  sinkContract('JdbcSink, without schemas,', {
    ...common,
    record: (topic, offset, id, version = 1) =>
      sinkRecord({ topic, offset }, { value: { version, note: `note ${id}` } }, { value: { id } }),
    badRecord: (topic, offset) =>
      sinkRecord({ topic, offset }, { value: { version: 'one' } }, { value: { id: 2 } }),
  })
}
