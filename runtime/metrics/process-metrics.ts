import { Counter, Gauge, type Registry } from 'prom-client'
import type { EventLoopDelay } from './event-loop.ts'

/** What the process costs and how long its main thread kept others waiting. */
export function declareProcessMetrics(registry: Registry, eventLoop: EventLoopDelay): void {
  new Gauge({
    name: 'tapline_event_loop_delay_seconds',
    help: 'Delay of the main thread since the last scrape: quantiles 0.5 and 0.99 of the time in which tasks worked, 1 is the longest.',
    labelNames: ['quantile'],
    registers: [registry],
    collect() {
      const { p50, p99, max } = eventLoop.take()
      this.set({ quantile: '0.5' }, p50 / 1000)
      this.set({ quantile: '0.99' }, p99 / 1000)
      this.set({ quantile: '1' }, max / 1000)
    },
  })
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'CPU time of all threads, user and system.',
    registers: [registry],
    collect() {
      const { user, system } = process.cpuUsage()
      this.reset()
      this.inc((user + system) / 1e6)
    },
  })
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory of the process.',
    registers: [registry],
    collect() {
      this.set(process.memoryUsage.rss())
    },
  })
}
