import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { EventLoopDelay } from '../../../runtime/metrics/event-loop.ts'
import { Metrics } from '../../../runtime/metrics/metrics.ts'
import { type TaskCounts, TaskMeter } from '../../../runtime/metrics/task-counts.ts'
import { Window } from '../../../runtime/metrics/window.ts'

const zero = new TaskMeter().counts

t.test('metrics have the names of Kafka Connect, with connector and task as labels', async (t) => {
  const metrics = new Metrics()
  t.teardown(() => metrics.close())
  metrics.addConnector('out', { type: 'sink', class: 'tapline.ProbeSink', version: '1.2' })
  metrics.addTask('out', 0, 'sink')
  metrics.addTask('out', 1, 'sink')
  metrics.connectorState('out', 'RUNNING')
  metrics.taskState('out', 0, 'RUNNING')
  metrics.taskState('out', 1, 'FAILED')
  metrics.started('connector', true)
  metrics.started('task', true)
  metrics.started('task', false)
  metrics.taskCounts('out', 0, { ...zero, recordsIn: 12, recordsOut: 10, lagMax: 7, partitions: 3 })
  const text = await metrics.render()
  for (const line of [
    'kafka_connect_sink_task_metrics_sink_record_read_total{connector="out",task="0"} 12',
    'kafka_connect_sink_task_metrics_sink_record_send_total{connector="out",task="0"} 10',
    'kafka_connect_sink_task_metrics_sink_record_lag_max{connector="out",task="0"} 7',
    'kafka_connect_sink_task_metrics_partition_count{connector="out",task="0"} 3',
    'kafka_connect_connector_task_metrics_status{connector="out",task="1",status="failed"} 1',
    'kafka_connect_connector_metrics_status{connector="out",status="running"} 1',
    'kafka_connect_connector_metrics_connector_class{connector="out",connector_class="tapline.ProbeSink"} 1',
    'kafka_connect_connect_worker_metrics_connector_count 1',
    'kafka_connect_connect_worker_metrics_task_count 2',
    'kafka_connect_connect_worker_metrics_task_startup_attempts_total 2',
    'kafka_connect_connect_worker_metrics_task_startup_failure_percentage 0.5',
    'kafka_connect_connect_worker_metrics_connector_failed_task_count{connector="out"} 1',
    '# TYPE kafka_connect_sink_task_metrics_sink_record_send_total counter',
    '# TYPE kafka_connect_sink_task_metrics_sink_record_send_rate gauge',
  ]) {
    t.ok(text.split('\n').includes(line), line)
  }
  t.notMatch(text, /source_task_metrics_\w+\{connector="out"/, 'a sink has no metrics of a source')
  t.match(text, /tapline_event_loop_delay_seconds\{quantile="0\.99"\}/)

  metrics.removeTask('out', 0)
  metrics.removeConnector('out')
  t.notMatch(await metrics.render(), /out",task="0"/)
})

t.test('the window tells rates, means and maxima of the last minute only', (t) => {
  let now = 0
  const window = new Window(zero, () => now)
  now = 10_000
  window.add({ ...zero, recordsIn: 1000, calls: 10, callMs: 50, callMaxMs: 30 })
  t.equal(window.perSecond('recordsIn'), 100)
  t.equal(window.mean('callMs', 'calls'), 5)
  t.equal(window.max('callMaxMs'), 30)
  now = 40_000
  window.add({ ...zero, recordsIn: 4000, calls: 20, callMs: 150, callMaxMs: 12 })
  t.equal(window.perSecond('recordsIn'), 100)
  now = 75_000
  t.equal(window.max('callMaxMs'), 12, 'the sample of 10 s is too old')
  t.equal(window.mean('callMs', 'calls'), 10)
  t.equal(window.perSecond('recordsIn'), 50, '3000 records in 60 s')
  now = 200_000
  t.equal(window.perSecond('recordsIn'), 0)
  t.equal(window.mean('callMs', 'calls'), 0)
  t.equal(window.latest.recordsIn, 4000, 'totals stay')
  t.end()
})

t.test('a source tells the sizes of its transactions', async (t) => {
  const metrics = new Metrics()
  t.teardown(() => metrics.close())
  metrics.addTask('in', 0, 'source')
  const meter = new TaskMeter()
  for (const records of [30, 10, 20]) meter.transaction(records)
  metrics.taskCounts('in', 0, meter.take() as TaskCounts)
  const text = await metrics.render()
  for (const [attribute, value] of [
    ['min', 10],
    ['max', 30],
    ['avg', 20],
  ]) {
    t.match(
      text,
      `source_task_metrics_transaction_size_${attribute}{connector="in",task="0"} ${value}\n`,
    )
  }
})

t.test('a meter posts what changed, once', (t) => {
  let changes = 0
  const meter = new TaskMeter(() => changes++)
  t.match(meter.take(), { calls: 0 })
  t.equal(meter.take(), undefined)
  meter.call(5)
  meter.call(3)
  meter.batch(100)
  t.equal(changes, 3)
  t.match(meter.take(), { calls: 2, callMs: 8, callMaxMs: 5, batchMax: 100 })
  t.equal(meter.take(), undefined)
  meter.call(1)
  t.match(meter.take(), { calls: 3, callMaxMs: 1, batchMax: 0 }, 'maxima begin anew')
  t.end()
})

t.test('the delay of the main thread is told while tasks work, its longest always', async (t) => {
  const eventLoop = new EventLoopDelay()
  t.teardown(() => eventLoop.stop())
  const block = async (ms: number) => {
    await sleep(30)
    const until = performance.now() + ms
    while (performance.now() < until) {
      // Keeps the loop.
    }
    await sleep(30)
  }
  await block(60)
  const idle = eventLoop.take()
  t.match(idle, { p50: 0, p99: 0 })
  t.ok(idle.max >= 50)
  eventLoop.working()
  await block(120)
  const busy = eventLoop.take()
  t.ok(busy.p99 >= 80 && busy.max >= busy.p99, JSON.stringify(busy))
  t.ok(busy.p50 < busy.p99)
})
