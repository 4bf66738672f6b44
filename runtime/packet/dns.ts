import { ipv4Text, ipv6Text } from './address-text.ts'
import { slot } from './fields.ts'
import type { Frame } from './frame.ts'
import { octetsText } from './octets-text.ts'
import { u16be, u32be } from './window.ts'

const ID = slot('dns.id')
const IS_RESPONSE = slot('dns.flags.response')
const RESPONSE_CODE = slot('dns.flags.rcode')
const QUERY_NAME = slot('dns.qry.name')
const QUERY_TYPE = slot('dns.qry.type')
const RESPONSE_NAME = slot('dns.resp.name')
const RESPONSE_TTL = slot('dns.resp.ttl')
const A = slot('dns.a')
const AAAA = slot('dns.aaaa')
const CNAME = slot('dns.cname')

const HEADER_OCTETS = 12
const MAX_JUMPS = 128
const MAX_NAME_OCTETS = 255
/** I6: one name may be pointed to by thousands of records. */
const MAX_RECORDS = 512

const TYPE_A = 1
const TYPE_CNAME = 5
const TYPE_AAAA = 28
const TYPE_OPT = 41

export function dnsOverTcp(frame: Frame, at: number): void {
  if (at + 2 > frame.end) return
  const length = u16be(frame.octets, at)
  // A message that goes on in the next segment is left out: segments are not put together.
  if (length < HEADER_OCTETS || at + 2 + length > frame.end) return
  frame.narrow(at + 2 + length)
  dns(frame, at + 2, 'dns')
}

/** `name` is the protocol as the port says it: DNS, mDNS and LLMNR share their form. */
export function dns(frame: Frame, at: number, name: string): void {
  const { octets, end, wanted } = frame
  if (at + 4 > end) return
  frame.enter(name)
  frame.put(ID, u16be(octets, at))
  const flags = u16be(octets, at + 2)
  const isResponse = flags >>> 15
  frame.put(IS_RESPONSE, isResponse)
  if (isResponse === 1) frame.put(RESPONSE_CODE, flags & 15)
  if (at + HEADER_OCTETS > end) return
  let next = at + HEADER_OCTETS
  for (let questions = Math.min(u16be(octets, at + 4), MAX_RECORDS); questions > 0; questions--) {
    const after = skipName(octets, next, end)
    if (after < 0 || after + 4 > end) return
    if (wanted[QUERY_NAME] !== 0) frame.put(QUERY_NAME, nameText(octets, next, at, end))
    frame.put(QUERY_TYPE, u16be(octets, after))
    next = after + 4
  }
  const wantsRecords =
    (wanted[RESPONSE_NAME]! |
      wanted[RESPONSE_TTL]! |
      wanted[A]! |
      wanted[AAAA]! |
      wanted[CNAME]!) !==
    0
  if (wantsRecords) records(frame, at, next)
}

function records(frame: Frame, message: number, first: number): void {
  const { octets, end, wanted } = frame
  const counted =
    u16be(octets, message + 6) + u16be(octets, message + 8) + u16be(octets, message + 10)
  let at = first
  for (let left = Math.min(counted, MAX_RECORDS); left > 0; left--) {
    const after = skipName(octets, at, end)
    if (after < 0 || after + 10 > end) return
    const type = u16be(octets, after)
    const length = u16be(octets, after + 8)
    const content = after + 10
    if (content + length > end) return
    if (wanted[RESPONSE_NAME] !== 0) frame.put(RESPONSE_NAME, nameText(octets, at, message, end))
    // The pseudo-record of EDNS keeps flags where others have their time to live.
    if (type !== TYPE_OPT) frame.put(RESPONSE_TTL, u32be(octets, after + 4))
    if (type === TYPE_A && length === 4) frame.put(A, ipv4Text(octets, content))
    else if (type === TYPE_AAAA && length === 16) frame.put(AAAA, ipv6Text(octets, content))
    else if (type === TYPE_CNAME) frame.put(CNAME, nameText(octets, content, message, end))
    at = content + length
  }
}

/** Where a name ends, or -1 when it overruns the message or has a label of an unknown kind. */
function skipName(octets: Uint8Array, from: number, end: number): number {
  let at = from
  while (at < end) {
    const length = octets[at]!
    if (length === 0) return at + 1
    if (length >= 0xc0) return at + 2 <= end ? at + 2 : -1
    if (length >= 0x40) return -1
    at += length + 1
  }
  return -1
}

/** A name's labels with dots between; pointers lead backwards only, so that no message makes this turn for ever. */
function nameText(octets: Uint8Array, from: number, message: number, end: number): string {
  let text = ''
  let at = from
  let lowest = from
  let spelt = 0
  for (let jumps = 0; jumps <= MAX_JUMPS && at < end; ) {
    const length = octets[at]!
    if (length === 0) break
    if (length >= 0xc0) {
      if (at + 2 > end) break
      const target = message + (u16be(octets, at) & 0x3fff)
      if (target >= lowest) break
      lowest = target
      at = target
      jumps++
      continue
    }
    spelt += length + 1
    if (length >= 0x40 || at + 1 + length > end || spelt > MAX_NAME_OCTETS) break
    const label = octetsText(octets, at + 1, at + 1 + length)
    text = text === '' ? label : `${text}.${label}`
    at += length + 1
  }
  return text === '' ? '<Root>' : text
}
