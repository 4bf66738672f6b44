import { depth, slot } from './fields.ts'
import type { Frame } from './frame.ts'
import { layer } from './layer.ts'
import { u16be } from './window.ts'

const PPP_PROTOCOL = slot('ppp.protocol')

/** The first octet of HDLC framing, which no protocol number begins with; it and the one after it are skipped. */
const ADDRESS = 0xff

/** PPP, with or without HDLC framing; an odd first octet is a protocol number compressed to one octet. */
export function ppp(frame: Frame, from: number): void {
  const { octets, end } = frame
  frame.enter('ppp')
  const at = octets[from] === ADDRESS ? from + 2 : from
  if (frame.depth < depth.network || at >= end) return
  const isShort = (octets[at]! & 1) === 1
  if (!isShort && at + 2 > end) return
  const protocol = isShort ? octets[at]! : u16be(octets, at)
  const next = at + (isShort ? 1 : 2)
  frame.put(PPP_PROTOCOL, protocol)
  if (protocol === 0x0021) frame.follow(layer.ipv4, next)
  else if (protocol === 0x0057) frame.follow(layer.ipv6, next)
}

export function pppoeSession(frame: Frame, at: number): void {
  frame.enter('pppoes')
  if (at + 6 > frame.end) return
  frame.narrow(at + 6 + u16be(frame.octets, at + 4))
  ppp(frame, at + 6)
}
