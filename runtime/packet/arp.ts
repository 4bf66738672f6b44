import { ipv4Text, macText } from './address-text.ts'
import { slot } from './fields.ts'
import type { Frame } from './frame.ts'
import { u16be } from './window.ts'

const OPCODE = slot('arp.opcode')
const SOURCE_MAC = slot('arp.src.hw_mac')
const SOURCE_IP = slot('arp.src.proto_ipv4')
const TARGET_MAC = slot('arp.dst.hw_mac')
const TARGET_IP = slot('arp.dst.proto_ipv4')

export function arp(frame: Frame, at: number): void {
  const { octets, end, wanted } = frame
  frame.enter('arp')
  if (at + 8 > end) return
  frame.put(OPCODE, u16be(octets, at + 6))
  const isIpv4OverMac =
    u16be(octets, at + 2) === 0x0800 && octets[at + 4] === 6 && octets[at + 5] === 4
  if (!isIpv4OverMac || at + 28 > end) return
  if (wanted[SOURCE_MAC] !== 0) frame.put(SOURCE_MAC, macText(octets, at + 8))
  if (wanted[SOURCE_IP] !== 0) frame.put(SOURCE_IP, ipv4Text(octets, at + 14))
  if (wanted[TARGET_MAC] !== 0) frame.put(TARGET_MAC, macText(octets, at + 18))
  if (wanted[TARGET_IP] !== 0) frame.put(TARGET_IP, ipv4Text(octets, at + 24))
}
