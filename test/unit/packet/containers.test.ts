import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { CaptureError } from '../../../runtime/packet/capture-error.ts'
import { CaptureReader, type ResumePoint } from '../../../runtime/packet/capture-reader.ts'
import { detectContainer } from '../../../runtime/packet/container.ts'
import { decodeInterfaces, encodeInterfaces } from '../../../runtime/packet/pcapng-interface.ts'
import {
  block,
  enhancedPacket,
  interfaceBlock,
  Octets,
  obsoletePacket,
  pcapFile,
  section,
  simplePacket,
} from './build-capture.ts'

interface Seen {
  number: number
  time: string | undefined
  octets: string
  length: number
  linkType: number
  interfaceName: string | undefined
  fcsLength: number
  point: ResumePoint
}

function seen(reader: CaptureReader): Seen {
  const { packet, octets, section } = reader
  return {
    number: packet.number,
    time: packet.hasTime
      ? `${packet.seconds}.${`${packet.nanoseconds}`.padStart(9, '0')}`
      : undefined,
    octets: Buffer.from(octets.subarray(packet.start, packet.start + packet.captured)).toString(
      'hex',
    ),
    length: packet.length,
    linkType: packet.linkType,
    interfaceName: packet.interfaceName,
    fcsLength: packet.fcsLength,
    point: { position: packet.next, number: packet.number, ...(section && { section }) },
  }
}

/** All packets, the file cut into chunks of `size` octets. */
function read(file: Uint8Array, size = file.length, reader = new CaptureReader()): Seen[] {
  const packets: Seen[] = []
  for (let at = 0; at < file.length; at += size) {
    reader.feed(file.subarray(at, at + size))
    while (reader.next()) packets.push(seen(reader))
  }
  reader.end()
  return packets
}

/** Packets up to the trouble, and what it was. */
function readUntilTrouble(file: Uint8Array): { packets: Seen[]; trouble: string | undefined } {
  const packets: Seen[] = []
  const reader = new CaptureReader()
  try {
    reader.feed(file)
    while (reader.next()) packets.push(seen(reader))
    reader.end()
    return { packets, trouble: undefined }
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error
    return { packets, trouble: error.trouble }
  }
}

const one = Buffer.from('0102030405', 'hex')
const two = Buffer.from('ffeeddccbbaa99', 'hex')

t.test('containers are told by content', async (t) => {
  for (const [hex, container] of [
    ['d4c3b2a1', 'pcap'],
    ['a1b2c3d4', 'pcap'],
    ['4d3cb2a1', 'pcap'],
    ['a1b23c4d', 'pcap'],
    ['34cdb2a1', 'pcap'],
    ['a1b2cd34', 'pcap'],
    ['0a0d0d0a', 'pcapng'],
    ['1f8b0800', 'gzip'],
    ['28b52ffd', 'zstd'],
    ['04224d18', 'lz4'],
    ['7f454c46', 'unknown'],
    ['d4c3b2', 'unknown'],
    ['', 'unknown'],
  ] as const) {
    t.equal(detectContainer(Buffer.from(hex, 'hex')), container, hex)
  }
})

t.test('pcap reads the same in every byte order, resolution and record form', async (t) => {
  for (const isBig of [false, true])
    for (const [form, unit] of [
      [{ isBig }, 1000],
      [{ isBig, isNano: true }, 1],
      [{ isBig, isModified: true }, 1000],
    ] as const) {
      const file = pcapFile(form, [
        { seconds: 1_600_000_000, fraction: 5, octets: one },
        { seconds: 0xfffffffe, fraction: 999_999, octets: two, length: 1500 },
      ])
      for (const size of [file.length, 1, 7]) {
        const [first, second, ...rest] = read(file, size)
        t.same(rest, [])
        t.match(first, {
          number: 1,
          octets: one.toString('hex'),
          length: 5,
          linkType: 1,
          fcsLength: 0,
        })
        t.equal(first?.time, `1600000000.${`${5 * unit}`.padStart(9, '0')}`)
        t.match(second, { number: 2, octets: two.toString('hex'), length: 1500 })
        t.equal(
          second?.time,
          `4294967294.${`${999_999 * unit}`.padStart(9, '0')}`,
          'seconds are unsigned',
        )
      }
    }
})

t.test('pcap keeps to the odd corners of its format', async (t) => {
  const packet = { seconds: 10, fraction: 2_500_000, octets: one }
  const reader = new CaptureReader()
  t.equal(
    read(pcapFile({ isBig: false }, [packet]), 1 << 20, reader)[0]?.time,
    '12.500000000',
    'carried over',
  )
  t.equal(reader.badFractions, 1)
  const [withFcs] = read(pcapFile({ isBig: false, network: 0x24000000 | 127 }, [packet]))
  t.match(withFcs, { linkType: 127, fcsLength: 4 }, 'FCS bits of the network word')
  const [unmarked] = read(pcapFile({ isBig: false, network: 0x20000000 | 127 }, [packet]))
  t.match(
    unmarked,
    { linkType: 127, fcsLength: 0 },
    'the FCS length counts only when it is marked as present',
  )
  const swapped = pcapFile({ isBig: false, minor: 2 }, [{ ...packet, fraction: 0 }])
  swapped.writeUInt32LE(60, 24 + 8)
  swapped.writeUInt32LE(5, 24 + 12)
  t.match(
    read(swapped)[0],
    { octets: one.toString('hex'), length: 60 },
    'lengths of old versions are swapped',
  )
  const [longer] = read(
    pcapFile({ isBig: false }, [{ seconds: 1, fraction: 0, octets: one, length: 2 }]),
  )
  t.match(longer, { octets: one.toString('hex'), length: 2 }, 'captured more than was on the wire')
  const [beyond] = read(pcapFile({ isBig: false, snapLength: 2 }, [packet]))
  t.equal(beyond?.octets, one.toString('hex'), 'beyond the snap length of the file')
  t.same(read(pcapFile({ isBig: false }, [])), [], 'a header and no packet')
  t.equal(readUntilTrouble(pcapFile({ isBig: false, minor: 9 }, [])).trouble, 'unsupported')
})

t.test('pcapng reads the same in every byte order, resolution and packet block', async (t) => {
  const resolutions: [code: number | undefined, unitsPerSecond: bigint][] = [
    [undefined, 10n ** 6n],
    [0, 1n],
    [3, 10n ** 3n],
    [6, 10n ** 6n],
    [9, 10n ** 9n],
    [12, 10n ** 12n],
    [0x80, 1n],
    [0x8a, 2n ** 10n],
    [0x80 | 20, 2n ** 20n],
  ]
  for (const isBig of [false, true])
    for (const [code, perSecond] of resolutions)
      for (const build of [enhancedPacket, obsoletePacket]) {
        // Picoseconds since 1970 do not fit 64 bits.
        const seconds = code === 12 ? 1_767_663n : 1_767_663_089n
        const units = seconds * perSecond + perSecond / 3n
        const nanoseconds = ((units % perSecond) * 10n ** 9n) / perSecond
        const file = Buffer.concat([
          section(isBig),
          interfaceBlock(isBig, { ...(code !== undefined && { resolution: code }), name: 'eth0' }),
          build(isBig, { units, octets: one, length: 99 }),
        ])
        for (const size of [file.length, 3]) {
          const [packet, ...rest] = read(file, size)
          t.same(rest, [])
          t.match(packet, {
            octets: one.toString('hex'),
            length: 99,
            interfaceName: 'eth0',
            number: 1,
          })
          t.equal(
            packet?.time,
            `${seconds}.${`${nanoseconds}`.padStart(9, '0')}`,
            `resolution ${code}`,
          )
        }
      }
})

t.test('pcapng sections have their own order, interfaces and clocks', async (t) => {
  const file = Buffer.concat([
    section(false),
    interfaceBlock(false, { linkType: 1, name: 'a', fcsLength: 4 }),
    interfaceBlock(false, { linkType: 127, name: 'b', resolution: 9, offset: -3600n }),
    enhancedPacket(false, { units: 5_000_000n, octets: one }),
    block(false, 4, Buffer.alloc(40)), // names
    block(false, 0x0bad, Buffer.alloc(9)), // custom
    block(false, 0x7fff_1234, Buffer.alloc(400)), // nobody knows
    enhancedPacket(false, {
      interfaceId: 1,
      units: 7_200_000_000_001n,
      octets: two,
      flags: 2 << 5,
    }),
    section(true, [1, 2]),
    interfaceBlock(true, { linkType: 101, snapLength: 5 }),
    simplePacket(true, one, 900),
    block(true, 5, Buffer.alloc(20)), // statistics
    interfaceBlock(true, { linkType: 105, name: 'late' }),
    enhancedPacket(true, { interfaceId: 1, units: 1_000_000n, octets: two }),
    section(false, [7, 0]), // another version: skipped as a whole
    interfaceBlock(false, { linkType: 999 }),
    enhancedPacket(false, { units: 1n, octets: one }),
    section(false),
    interfaceBlock(false),
    simplePacket(false, two),
  ])
  for (const size of [file.length, 1, 13]) {
    const packets = read(file, size)
    t.equal(packets.length, 5)
    t.match(packets[0], { time: '5.000000000', linkType: 1, interfaceName: 'a', fcsLength: 4 })
    t.match(packets[1], { time: '3600.000000001', linkType: 127, interfaceName: 'b', fcsLength: 2 })
    t.match(packets[2], {
      linkType: 101,
      interfaceName: 'unknown',
      length: 900,
      octets: one.toString('hex'),
    })
    t.equal(packets[2]?.time, undefined, 'a simple packet block has no time')
    t.match(packets[3], { time: '1.000000000', linkType: 105, interfaceName: 'late' })
    t.match(packets[4], { linkType: 1, octets: two.toString('hex'), number: 5 })
  }
})

t.test('damage is told by kind, after the packets before it', async (t) => {
  const pcap = pcapFile({ isBig: false }, [{ seconds: 1, fraction: 0, octets: one }])
  const header = [section(false), interfaceBlock(false)]
  const good = enhancedPacket(false, { units: 1n, octets: one })
  const badTrailer = Buffer.from(good)
  badTrailer.writeUInt32LE(7, badTrailer.length - 4)
  const badCaptured = Buffer.from(good)
  badCaptured.writeUInt32LE(4000, 20)
  const hugeRecord = new Octets(false).u32(1, 0, 0x7fffffff, 0x7fffffff).done()
  const cases: [what: string, file: Buffer, packets: number, trouble: string | undefined][] = [
    ['no capture', Buffer.from('GIF89a…………………………'), 0, 'not-a-capture'],
    ['an lz4 stream', Buffer.from('04224d18aaaaaaaa', 'hex'), 0, 'unsupported'],
    ['nothing at all', Buffer.alloc(0), 0, undefined],
    ['a cut header', pcap.subarray(0, 23), 0, 'cut-short'],
    ['a cut record header', Buffer.concat([pcap, pcap.subarray(24, 30)]), 1, 'cut-short'],
    ['a cut record', Buffer.concat([pcap, pcap.subarray(24, 42)]), 1, 'cut-short'],
    ['an impossible record', Buffer.concat([pcap, hugeRecord]), 1, 'corrupt'],
    ['a cut block', Buffer.concat([...header, good, good.subarray(0, 20)]), 1, 'cut-short'],
    ['two lengths of a block', Buffer.concat([...header, good, badTrailer]), 1, 'corrupt'],
    ['a packet longer than its block', Buffer.concat([...header, good, badCaptured]), 1, 'corrupt'],
    [
      'a packet of no interface',
      Buffer.concat([
        ...header,
        good,
        enhancedPacket(false, { interfaceId: 3, units: 1n, octets: one }),
      ]),
      1,
      'corrupt',
    ],
    [
      'a block of 4 GB',
      Buffer.concat([...header, good, new Octets(false).u32(6, 0xfffffff0, 0).done()]),
      1,
      'corrupt',
    ],
    [
      'a block of 4 octets',
      Buffer.concat([...header, good, new Octets(false).u32(6, 4, 4).done()]),
      1,
      'corrupt',
    ],
    [
      'a section of no order',
      Buffer.concat([...header, good, new Octets(false).u32(0x0a0d0d0a, 28, 9).done()]),
      1,
      'corrupt',
    ],
  ]
  for (const [what, file, packets, trouble] of cases) {
    const result = readUntilTrouble(file)
    t.equal(result.packets.length, packets, `${what}: packets`)
    t.equal(result.trouble, trouble, what)
  }
})

const fixtures = new URL('../../fixtures/captures/', import.meta.url)
const small = readdirSync(fixtures, { recursive: true })
  .map(String)
  .filter((name) => /cap(ng)?$/.test(name))
  .map((name) => [name, readFileSync(new URL(name, fixtures))] as const)
  .filter(([, file]) => file.length < 5000)

t.test(
  'any beginning of a file gives the beginning of its packets, and no exception but "cut short"',
  async (t) => {
    t.ok(small.length > 15)
    for (const [name, file] of small) {
      const whole = readUntilTrouble(file)
      const ends = whole.packets.map(({ point }) => point.position)
      let wrong = 0
      for (let length = 0; length <= file.length; length++) {
        const { packets, trouble } = readUntilTrouble(file.subarray(0, length))
        const expected = ends.filter((end) => end <= length).length
        const isFine = trouble === undefined || trouble === 'cut-short' || trouble === whole.trouble
        if (packets.length !== expected || !isFine) wrong++
      }
      t.equal(wrong, 0, name)
    }
  },
)

t.test('reading resumed at any packet gives exactly the rest', async (t) => {
  for (const [name, file] of small) {
    const whole = readUntilTrouble(file).packets
    let wrong = 0
    for (const [index, { point }] of whole.entries()) {
      const { section } = point
      const interfaces = section && decodeInterfaces(encodeInterfaces(section.interfaces))
      const restored = interfaces ? { ...point, section: { ...section, interfaces } } : point
      const reader = CaptureReader.resume(file.subarray(0, 64), restored)
      const rest: Seen[] = []
      try {
        reader.feed(file.subarray(point.position))
        while (reader.next()) rest.push(seen(reader))
      } catch (error) {
        if (!(error instanceof CaptureError)) throw error
      }
      const ours = JSON.stringify(rest, comparable)
      if (ours !== JSON.stringify(whole.slice(index + 1), comparable)) wrong++
    }
    t.equal(wrong, 0, name)
  }
})

function comparable(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}` : value
}

t.test('positions beyond 4 GiB stay exact', async (t) => {
  const file = pcapFile({ isBig: false }, [{ seconds: 1, fraction: 0, octets: one }])
  const reader = CaptureReader.resume(file, { position: 5_000_000_001, number: 70_000_000 })
  reader.feed(file.subarray(24))
  t.ok(reader.next())
  t.match(reader.packet, { position: 5_000_000_001, next: 5_000_000_022, number: 70_000_001 })
})

t.test('flipped octets neither hang a reader nor break it', async (t) => {
  let state = 12345
  const random = (below: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return state % below
  }
  let packets = 0
  for (const [, file] of small) {
    for (let round = 0; round < 100; round++) {
      const damaged = Buffer.from(file)
      for (let flips = 0; flips < 4; flips++) damaged[random(damaged.length)] = random(256)
      packets += readUntilTrouble(damaged).packets.length
    }
  }
  t.ok(packets > 0)
})

t.test('only what encodes interfaces is decoded as such', async (t) => {
  for (const text of ['', '{}', '[1]', '[[1,2,3]]', '[[1,2,3,4,5,6]]', '[[1,2,3,4,"5","x"]]']) {
    t.equal(decodeInterfaces(text), undefined, text)
  }
})
