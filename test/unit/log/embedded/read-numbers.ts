import { openEmbeddedLogReader } from '../../../../runtime/log/open.ts'

// A process of its own that looks into a log: prints what it finds as JSON.
const [dataDir = '', topic = ''] = process.argv.slice(2)
const reader = await openEmbeddedLogReader(dataDir)
const { records } = await reader.read({ topic, partition: 0 }, 'earliest', { records: 100 })
const values = records.map((record) => String(record.value))
process.stdout.write(JSON.stringify({ values, ends: await reader.offsets(topic) }))
await reader.close()
