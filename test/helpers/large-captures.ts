import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'

const source = resolve(import.meta.dirname, '../../configs/captures/eth-tcp-echo-82582.pcap.gz')
const fileHeaderBytes = 24
const recordHeaderBytes = 16

export interface LargeCaptures {
  readonly files: number
  readonly packets: number
  readonly folder: string
}

/** Real packets, repeated a second later each round until there are enough; returns the files' paths. */
export function writeLargeCaptures({ files, packets, folder }: LargeCaptures): string[] {
  const capture = gunzipSync(readFileSync(source))
  mkdirSync(folder, { recursive: true })
  return Array.from({ length: files }, (_, file) => {
    const path = join(folder, `capture-${file}.pcap`)
    writeFileSync(path, repeated(capture, Math.ceil(packets / files), file * 1000))
    return path
  })
}

function repeated(capture: Buffer, packets: number, laterSeconds: number): Buffer {
  const header = capture.subarray(0, fileHeaderBytes)
  const parts = [header]
  for (let left = packets, round = 0; left > 0; round++) {
    const body = Buffer.from(capture.subarray(fileHeaderBytes))
    let at = 0
    for (; left > 0 && at < body.length; left--) {
      body.writeUInt32LE(body.readUInt32LE(at) + laterSeconds + round * 10, at)
      at += recordHeaderBytes + body.readUInt32LE(at + 8)
    }
    parts.push(body.subarray(0, at))
  }
  return Buffer.concat(parts)
}
