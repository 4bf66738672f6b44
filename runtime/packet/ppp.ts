import { depth, slot } from './fields.ts'
import type { Frame } from './frame.ts'
import { layer } from './layer.ts'
import { u16be } from './window.ts'

const PPP_PROTOCOL = slot('ppp.protocol')

/** From PPP's protocol number on; an odd first octet is a number compressed to one octet. */
export function ppp(frame: Frame, at: number): void {
  const { octets, end } = frame
  frame.enter('ppp')
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

/** PPP as a link, with the address and control octets of HDLC framing where they are there. */
export function pppLink(frame: Frame, at: number): void {
  const { octets, end } = frame
  const isFramed = at + 2 <= end && octets[at] === 0xff && octets[at + 1] === 3
  ppp(frame, isFramed ? at + 2 : at)
}
