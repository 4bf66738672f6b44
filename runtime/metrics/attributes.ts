import type { TaskCounts } from './task-counts.ts'
import type { Window } from './window.ts'

/** Kafka Connect's names; a metric is `kafka_connect_` + group + `_` + attribute, dashes as underscores. */
export interface TaskAttribute {
  readonly group:
    | 'connector-task-metrics'
    | 'source-task-metrics'
    | 'sink-task-metrics'
    | 'task-error-metrics'
  readonly attribute: string
  readonly help: string
  value(window: Window, task: TaskTimes): number
}

export interface TaskTimes {
  /** Shares of the run's time, 0 to 1. */
  readonly runningRatio: number
  readonly pauseRatio: number
}

const total =
  (counter: keyof TaskCounts) =>
  (window: Window): number =>
    window.latest[counter]

function commitShare(window: Window, which: 'commits' | 'commitFailures'): number {
  const { commits, commitFailures } = window.latest
  const all = commits + commitFailures
  return all === 0 ? 0 : window.latest[which] / all
}

/** Of every task. */
export const taskAttributes = inGroup('connector-task-metrics', [
  [
    'running-ratio',
    'Share of its time that the task was RUNNING.',
    (_, { runningRatio }) => runningRatio,
  ],
  ['pause-ratio', 'Share of its time that the task was PAUSED.', (_, { pauseRatio }) => pauseRatio],
  [
    'offset-commit-max-time-ms',
    'Longest commit of offsets in the last minute.',
    (w) => w.max('commitMaxMs'),
  ],
  [
    'offset-commit-avg-time-ms',
    'Mean time of a commit of offsets in the last minute.',
    (w) => w.mean('commitMs', 'commits'),
  ],
  [
    'offset-commit-failure-percentage',
    'Share of the commits that failed, 0 to 1.',
    (w) => commitShare(w, 'commitFailures'),
  ],
  [
    'offset-commit-success-percentage',
    'Share of the commits that succeeded, 0 to 1.',
    (w) => commitShare(w, 'commits'),
  ],
  ['batch-size-max', 'Largest batch in the last minute, in records.', (w) => w.max('batchMax')],
  [
    'batch-size-avg',
    'Mean batch in the last minute, in records.',
    (w) => w.mean('batchRecords', 'batches'),
  ],
])

export const sourceAttributes = inGroup('source-task-metrics', [
  [
    'source-record-poll-rate',
    'Records a second that the source gave, over the last minute.',
    (w) => w.perSecond('recordsIn'),
  ],
  ['source-record-poll-total', 'Records that the source gave.', total('recordsIn')],
  [
    'source-record-write-rate',
    'Records a second that the log took, over the last minute.',
    (w) => w.perSecond('recordsOut'),
  ],
  [
    'source-record-write-total',
    'Records that the log took, after transformations.',
    total('recordsOut'),
  ],
  [
    'poll-batch-max-time-ms',
    'Longest wait for a batch of the source in the last minute.',
    (w) => w.max('callMaxMs'),
  ],
  [
    'poll-batch-avg-time-ms',
    'Mean wait for a batch of the source in the last minute.',
    (w) => w.mean('callMs', 'calls'),
  ],
  [
    'source-record-active-count',
    'Records that were pulled and are not durable yet.',
    total('active'),
  ],
  [
    'source-record-active-count-max',
    'The most of them in the last minute.',
    (w) => w.max('activeMax'),
  ],
  [
    'source-record-active-count-avg',
    'The mean of them in the last minute.',
    (w) => w.average('active'),
  ],
  [
    'transaction-size-min',
    'Records of the smallest transaction in the last minute.',
    (w) => w.min('transactionMin'),
  ],
  [
    'transaction-size-max',
    'Records of the largest transaction in the last minute.',
    (w) => w.max('transactionMax'),
  ],
  [
    'transaction-size-avg',
    'Mean records of a transaction in the last minute.',
    (w) => w.mean('transactionRecords', 'transactions'),
  ],
])

export const sinkAttributes = inGroup('sink-task-metrics', [
  [
    'sink-record-read-rate',
    'Records a second read from the log, over the last minute.',
    (w) => w.perSecond('recordsIn'),
  ],
  ['sink-record-read-total', 'Records read from the log.', total('recordsIn')],
  [
    'sink-record-send-rate',
    'Records a second put to the target, over the last minute.',
    (w) => w.perSecond('recordsOut'),
  ],
  [
    'sink-record-send-total',
    'Records put to the target, after transformations.',
    total('recordsOut'),
  ],
  [
    'sink-record-lag-max',
    'The most that a partition is behind its end, in records not put yet.',
    total('lagMax'),
  ],
  ['partition-count', 'Partitions assigned.', total('partitions')],
  ['offset-commit-seq-no', 'Number of the last commit.', total('commits')],
  [
    'offset-commit-completion-rate',
    'Commits a second, over the last minute.',
    (w) => w.perSecond('commits'),
  ],
  ['offset-commit-completion-total', 'Commits that succeeded.', total('commits')],
  [
    'offset-commit-skip-rate',
    'Commits a second that came too late to count, over the last minute.',
    (w) => w.perSecond('commitSkips'),
  ],
  ['offset-commit-skip-total', 'Commits that came too late to count.', total('commitSkips')],
  ['put-batch-max-time-ms', 'Longest put in the last minute.', (w) => w.max('callMaxMs')],
  [
    'put-batch-avg-time-ms',
    'Mean time of a put in the last minute.',
    (w) => w.mean('callMs', 'calls'),
  ],
  [
    'sink-record-active-count',
    'Records that were read and are not committed yet.',
    total('active'),
  ],
  [
    'sink-record-active-count-max',
    'The most of them in the last minute.',
    (w) => w.max('activeMax'),
  ],
  [
    'sink-record-active-count-avg',
    'The mean of them in the last minute.',
    (w) => w.average('active'),
  ],
])

/** Of every task. */
export const errorAttributes = inGroup('task-error-metrics', [
  [
    'total-record-failures',
    'Failed tries to carry a record, each retry counted.',
    total('recordFailures'),
  ],
  ['total-record-errors', 'Records that could not be carried.', total('recordErrors')],
  [
    'total-records-skipped',
    'Records that the task went on without, as errors.tolerance says.',
    total('recordsSkipped'),
  ],
  ['total-retries', 'Tries after a first one that failed.', total('retries')],
  ['total-errors-logged', 'Failed records that were logged.', total('errorsLogged')],
  [
    'deadletterqueue-produce-requests',
    'Records given to the dead letter queue.',
    total('deadLetters'),
  ],
  [
    'deadletterqueue-produce-failures',
    'Records that the dead letter queue did not take.',
    total('deadLetterFailures'),
  ],
  [
    'last-error-timestamp',
    'When the last record could not be carried, in ms since 1970; 0: never.',
    total('lastErrorMs'),
  ],
])

type Row = readonly [attribute: string, help: string, value: TaskAttribute['value']]

function inGroup(group: TaskAttribute['group'], rows: readonly Row[]): readonly TaskAttribute[] {
  return rows.map(([attribute, help, value]) => ({ group, attribute, help, value }))
}
