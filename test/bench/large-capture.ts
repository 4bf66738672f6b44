import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

const CAPTURE_BYTES = 100 * 1024 * 1024
const PCAP_HEADER_BYTES = 24

const demo = new URL('../../configs/captures/', import.meta.url).pathname
const fixtures = new URL('../fixtures/captures/', import.meta.url).pathname

export const ethernet = [
  join(fixtures, 'eth-http-1000-requests.pcap.gz'),
  join(demo, 'eth-tcp-echo-82582.pcap.gz'),
  join(fixtures, 'eth-mixed-ipv4-ipv6.pcap'),
  join(fixtures, 'eth-http.pcap'),
  join(fixtures, 'eth-tls-snaplen.pcap'),
  join(fixtures, 'eth-tcp-retransmissions.pcap'),
  join(fixtures, 'eth-arp.pcap'),
  join(demo, 'eth-dns.pcap'),
]
export const radiotap = [join(demo, 'radiotap-probes-lab.pcap')]

/** The packets of small captures of one link type, over and over. */
export function makeLarge(paths: readonly string[], target: string): void {
  const files = paths.map((path) => {
    const file = readFileSync(path)
    return path.endsWith('.gz') ? gunzipSync(file) : file
  })
  const round = Buffer.concat(files.map((file) => file.subarray(PCAP_HEADER_BYTES)))
  const rounds = Math.ceil(CAPTURE_BYTES / round.length)
  const header = files[0]!.subarray(0, PCAP_HEADER_BYTES)
  writeFileSync(target, Buffer.concat([header, ...Array.from({ length: rounds }, () => round)]))
}

/** Another way than the decoder's, so that no packet is missed by both. */
export function countPackets(path: string): number {
  const file = readFileSync(path)
  if (file.readUInt32LE(0) !== 0xa1b2c3d4 && file.readUInt32LE(0) !== 0xa1b23c4d) {
    throw new Error('CAPTURE must be a little-endian pcap file')
  }
  let packets = 0
  for (let at = PCAP_HEADER_BYTES; at < file.length; at += 16 + file.readUInt32LE(at + 8)) packets++
  return packets
}
