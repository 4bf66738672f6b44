/** What the first octets of a file say it is. The name of a file says nothing: many are misnamed. */
export type Container = 'pcap' | 'pcapng' | 'gzip' | 'zstd' | 'lz4' | 'unknown'

/** Octets that {@link detectContainer} needs; with fewer it answers 'unknown'. */
export const MAGIC_OCTETS = 4

const containers: Readonly<Record<number, Container>> = {
  3569595041: 'pcap', // little endian, microseconds
  2712847316: 'pcap', // big endian, microseconds
  1295823521: 'pcap', // little endian, nanoseconds
  2712812621: 'pcap', // big endian, nanoseconds
  885895841: 'pcap', // little endian, "modified" record headers
  2712849716: 'pcap', // big endian, "modified" record headers
  168627466: 'pcapng', // a palindrome: the byte order is known from the next words only
  682962941: 'zstd',
  69356824: 'lz4',
}

export function detectContainer(head: Uint8Array): Container {
  if (head.length >= 2 && head[0] === 0x1f && head[1] === 0x8b) return 'gzip'
  if (head.length < MAGIC_OCTETS) return 'unknown'
  const magic = head[0]! * 0x1000000 + ((head[1]! << 16) | (head[2]! << 8) | head[3]!)
  return containers[magic] ?? 'unknown'
}
