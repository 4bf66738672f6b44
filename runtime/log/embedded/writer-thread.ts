import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import type { WriterOptions, WriterReady } from './protocol.ts'
import { toWire } from './wire-error.ts'
import { Writer } from './writer.ts'

// Entry of the log's writer thread: opens the database, says so, then serves the first port, which brings the others.
const { options, port } = workerData as { options: WriterOptions; port: MessagePort }
try {
  const writer = new Writer(options)
  writer.connect(port)
  const ready: WriterReady = {
    clusterId: writer.clusterId,
    findings: writer.findings.map((finding) => toWire(finding)),
  }
  parentPort?.postMessage({ ready })
} catch (error) {
  parentPort?.postMessage({ failed: toWire(error) })
  port.close()
}
