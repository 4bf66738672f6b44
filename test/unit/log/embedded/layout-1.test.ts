import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { crc32c } from '@node-rs/crc32'
import t from 'tap'
import { checkLog, isSoundReport } from '../../../../runtime/log/embedded/check.ts'
import { openEmbeddedLogReader, openLog } from '../../../../runtime/log/open.ts'
import { contentOf, makeLogs } from './damaged-log.ts'

/** As a log of layout 1 was: checksums on batches alone, and gaps where compaction took rows out. */
function toLayout1(path: string): void {
  const db = new DatabaseSync(path)
  db.exec(`DROP TABLE losses; ALTER TABLE topics DROP COLUMN checksum;
    ALTER TABLE group_offsets DROP COLUMN checksum; ALTER TABLE partitions DROP COLUMN checksum;
    UPDATE state SET value = (SELECT until FROM partitions WHERE id = 0) WHERE name = 'topics';
    UPDATE sqlite_sequence SET seq = (SELECT number FROM partitions WHERE id = 0);
    UPDATE partitions SET number = 0, first = 0, until = -1, bytes = 0, cleaned = 0 WHERE id = 0`)
  const partitions = db.prepare('SELECT id, topic, number FROM partitions WHERE id > 0').all()
  for (const { id, topic, number } of partitions) {
    const rows = db.prepare('SELECT CAST(id AS TEXT) AS row, batch FROM batches WHERE id >> 46 = ?')
    const update = db.prepare(
      'UPDATE batches SET span = ?2, checksum = ?3 WHERE id = CAST(?1 AS INTEGER)',
    )
    for (const { row, batch } of rows.all(Number(id))) {
      const bytes = Buffer.from(batch as Uint8Array)
      if (bytes.readInt32BE(57) === 0) {
        db.prepare('DELETE FROM batches WHERE id = CAST(? AS INTEGER)').run(String(row))
        continue
      }
      const checksum = crc32c(bytes.subarray(0, 61), crc32c(`${number} ${topic}`))
      update.run(String(row), bytes.readInt32BE(23) + 1, checksum)
    }
  }
  db.exec('PRAGMA user_version = 1')
  db.close()
}

t.test(
  'a log of layout 1 is brought up to date when it is opened, with all that it holds',
  async (t) => {
    const folder = t.testdir()
    const { closed } = await makeLogs(folder)
    const dataDir = join(folder, 'closed')
    toLayout1(join(dataDir, 'log.db'))
    await t.rejects(openEmbeddedLogReader(dataDir), {
      code: 'CONNECT_CORRUPT',
      hint: /worker on it once/,
    })
    const log = await openLog({ kind: 'embedded', dataDir })
    t.same(log.findings, [])
    const content = await contentOf(log)
    await log.close()
    t.same(content, closed)
    const report = checkLog(dataDir)
    t.same(report.problems, [])
    t.ok(isSoundReport(report))
  },
)
