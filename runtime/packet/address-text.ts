/** I6: addresses repeat, so their texts are kept, each in the one place its bits choose; the next to come there replaces it. */
const PLACES = 4096
const MASK = PLACES - 1

const hex = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'))
const decimal = Array.from({ length: 256 }, (_, octet) => `${octet}`)

const macKeys = new Float64Array(PLACES).fill(-1)
const macTexts: string[] = new Array(PLACES).fill('')

export function macText(octets: Uint8Array, at: number): string {
  const high = (octets[at]! << 16) | (octets[at + 1]! << 8) | octets[at + 2]!
  const low = (octets[at + 3]! << 16) | (octets[at + 4]! << 8) | octets[at + 5]!
  const key = high * 0x1000000 + low
  const place = (low ^ (low >>> 12) ^ high) & MASK
  if (macKeys[place] === key) return macTexts[place]!
  const text = colonHex(octets, at, at + 6)
  macKeys[place] = key
  macTexts[place] = text
  return text
}

/** `0a:00:01` */
export function colonHex(octets: Uint8Array, from: number, to: number): string {
  let text = ''
  for (let at = from; at < to; at++)
    text += at === from ? hex[octets[at]!]! : `:${hex[octets[at]!]!}`
  return text
}

const ipv4Keys = new Float64Array(PLACES).fill(-1)
const ipv4Texts: string[] = new Array(PLACES).fill('')

export function ipv4Text(octets: Uint8Array, at: number): string {
  const low = (octets[at + 2]! << 8) | octets[at + 3]!
  const high = (octets[at]! << 8) | octets[at + 1]!
  const key = high * 0x10000 + low
  const place = (low ^ (low >>> 7) ^ (high << 3)) & MASK
  if (ipv4Keys[place] === key) return ipv4Texts[place]!
  const text = `${decimal[octets[at]!]!}.${decimal[octets[at + 1]!]!}.${decimal[octets[at + 2]!]!}.${decimal[octets[at + 3]!]!}`
  ipv4Keys[place] = key
  ipv4Texts[place] = text
  return text
}

const ipv6Keys = new Int32Array(PLACES * 4)
const ipv6Texts: string[] = new Array(PLACES).fill('')

export function ipv6Text(octets: Uint8Array, at: number): string {
  const a = word(octets, at)
  const b = word(octets, at + 4)
  const c = word(octets, at + 8)
  const d = word(octets, at + 12)
  const mixed = a ^ Math.imul(b, 31) ^ Math.imul(c, 17) ^ d
  const place = (mixed ^ (mixed >>> 12) ^ (mixed >>> 24)) & MASK
  const key = place * 4
  if (
    ipv6Keys[key] === a &&
    ipv6Keys[key + 1] === b &&
    ipv6Keys[key + 2] === c &&
    ipv6Keys[key + 3] === d &&
    ipv6Texts[place] !== ''
  ) {
    return ipv6Texts[place]!
  }
  const text = spellIpv6(octets, at)
  ipv6Keys[key] = a
  ipv6Keys[key + 1] = b
  ipv6Keys[key + 2] = c
  ipv6Keys[key + 3] = d
  ipv6Texts[place] = text
  return text
}

function word(octets: Uint8Array, at: number): number {
  return (octets[at]! << 24) | (octets[at + 1]! << 16) | (octets[at + 2]! << 8) | octets[at + 3]!
}

/** RFC 5952: the first longest run of two or more zero groups becomes `::`; addresses that hold an IPv4 one show it, as tshark does. */
function spellIpv6(octets: Uint8Array, at: number): string {
  const groups: number[] = []
  for (let i = 0; i < 16; i += 2) groups.push((octets[at + i]! << 8) | octets[at + i + 1]!)
  let start = -1
  let length = 1
  for (let i = 0; i < 8; ) {
    let run = 0
    while (i + run < 8 && groups[i + run] === 0) run++
    if (run > length) {
      start = i
      length = run
    }
    i += run + 1
  }
  const holdsIpv4 = start === 0 && (length === 6 || (length === 5 && groups[5] === 0xffff))
  if (holdsIpv4) return `::${length === 5 ? 'ffff:' : ''}${ipv4Text(octets, at + 12)}`
  const text = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':')
  return start < 0 ? text(0, 8) : `${text(0, start)}::${text(start + length, 8)}`
}
