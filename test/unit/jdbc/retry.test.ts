import t from 'tap'
import { offsetRanges } from '../../../connectors/jdbc/offset-ranges.ts'
import { classified } from '../../../connectors/jdbc/retry.ts'
import { dateText, timestampText, timeText, utc, zoneNamed } from '../../../connectors/jdbc/zone.ts'
import { sinkRecord } from '../../helpers/sink-records.ts'

const failure = {
  what: 'Table "t" refused a batch: ',
  where: 'topic t, partition 0, offset 1',
  isTrimmed: false,
}

t.test('what the driver throws is told apart', (t) => {
  const state = (code: string) => Object.assign(new Error('no'), { code, severity: 'ERROR' })
  const network = (code: string) => Object.assign(new Error(''), { code })
  const retriable = [
    ...['08003', '53300', '55P03', '57P01', '57P02', '57P03', '58000', '40003', '25006'].map(state),
    ...['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EPIPE', 'ETIMEDOUT'].map(network),
    new Error('Connection terminated unexpectedly'),
    new Error('timeout expired'),
    new Error('Client has encountered a connection error and is not queryable'),
  ]
  for (const error of retriable)
    t.match(classified(error, failure), { code: 'CONNECT_RETRIABLE', counted: false })
  for (const code of ['40001', '40P01', '57014'])
    t.match(classified(state(code), failure), { code: 'CONNECT_RETRIABLE', counted: true })
  for (const error of [
    ...['22003', '23505', '28P01', '3D000', '42P01', '42501'].map(state),
    new TypeError('a mistake'),
  ])
    t.match(classified(error, failure), { code: 'CONNECT_ERROR', cause: error })
  t.equal(
    classified(state('22003'), failure).message,
    'Table "t" refused a batch: no; SQLSTATE 22003; topic t, partition 0, offset 1',
  )
  t.equal(
    classified(network('ECONNREFUSED'), { ...failure, where: '' }).message,
    'Table "t" refused a batch: ECONNREFUSED',
  )
  t.end()
})

t.test('ranges of offsets name a few partitions', (t) => {
  const at = (partition: number, offset: number) =>
    sinkRecord({ topic: 't', partition, offset }, { value: 1 })
  t.equal(
    offsetRanges([at(0, 5), at(1, 9), at(0, 7), at(0, 4)]),
    'topic t, partition 0, offsets 4 to 7; topic t, partition 1, offset 9',
  )
  t.match(
    offsetRanges(Array.from({ length: 8 }, (_, i) => at(i, 1))),
    /partition 4, offset 1; and 3 more partitions$/,
  )
  t.end()
})

t.test('instants are printed by the wall clock of a zone', (t) => {
  const zone = (name: string) => zoneNamed(name) ?? t.fail(name)
  const summer = Date.UTC(2026, 6, 1, 12, 0, 0, 5)
  t.equal(timestampText(summer, utc), '2026-07-01 12:00:00.005+00')
  t.equal(
    timestampText(summer, zone('Asia/Kolkata') as typeof utc),
    '2026-07-01 17:30:00.005+05:30',
  )
  t.equal(
    timestampText(Date.UTC(2026, 9, 25, 0, 59, 59), zone('Europe/Berlin') as typeof utc),
    '2026-10-25 02:59:59.000+02',
  )
  t.equal(
    timestampText(Date.UTC(2026, 9, 25, 1), zone('Europe/Berlin') as typeof utc),
    '2026-10-25 02:00:00.000+01',
  )
  t.equal(
    timestampText(Date.UTC(1880, 0, 1), zone('Europe/Amsterdam') as typeof utc).slice(0, 10),
    '1880-01-01',
  )
  t.equal(dateText(Date.UTC(-1, 0, 1), utc), '0002-01-01 BC')
  t.equal(timeText(-1, utc), '23:59:59.999')
  t.equal(zoneNamed('GMT')?.offset(summer), 0)
  t.equal(zoneNamed('EST')?.offset(summer), -5 * 3_600_000, 'a short name of Java')
  t.equal(zoneNamed('Mars/Olympus'), undefined)
  t.end()
})
