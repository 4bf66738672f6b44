import { macText } from './address-text.ts'
import { depth, slot } from './fields.ts'
import type { Frame } from './frame.ts'
import { layer } from './layer.ts'
import { u16le } from './window.ts'
import { tags } from './wlan-tags.ts'

const TYPE = slot('wlan.fc.type')
const TYPE_SUBTYPE = slot('wlan.fc.type_subtype')
const RETRY = slot('wlan.fc.retry')
const PROTECTED = slot('wlan.fc.protected')
const DURATION = slot('wlan.duration')
const RECEIVER = slot('wlan.ra')
const DESTINATION = slot('wlan.da')
const TRANSMITTER = slot('wlan.ta')
const SOURCE = slot('wlan.sa')
const STATION = slot('wlan.staa')
const BSSID = slot('wlan.bssid')
const FRAGMENT = slot('wlan.frag')
const SEQUENCE = slot('wlan.seq')

const MANAGEMENT = 0
const CONTROL = 1
const DATA = 2

const TO_DS = 0x01
const FROM_DS = 0x02
const IS_RETRY = 0x08
const IS_PROTECTED = 0x40
const HAS_ORDER = 0x80

const SUBTYPE_QOS = 8
const SUBTYPE_NO_DATA = 4
const IS_AGGREGATE = 0x80

const AUTHENTICATION = 11
/** Its fixed part has no fixed length. */
const AUTHENTICATION_SAE = 3

const HEADER_OCTETS = 24
const NO_TAGS = -1
/** Octets between the header of a management frame and its tags, by subtype. Frames not listed have none, or none that are read. */
const fixedOctets: readonly number[] = [
  4, // association request
  6, // association response
  10, // reassociation request
  6, // reassociation response
  0, // probe request
  12, // probe response
  NO_TAGS,
  NO_TAGS,
  12, // beacon
  NO_TAGS,
  2, // disassociation
  6, // authentication
  2, // deauthentication
  NO_TAGS,
  NO_TAGS,
  NO_TAGS,
]

export function ieee80211(frame: Frame, at: number): void {
  const { octets, end } = frame
  frame.enter('wlan')
  if (at + 2 > end) return
  const control = octets[at]!
  const flags = octets[at + 1]!
  const type = (control >>> 2) & 3
  const subtype = control >>> 4
  frame.put(TYPE, type)
  frame.put(TYPE_SUBTYPE, type * 16 + subtype)
  frame.put(RETRY, flags & IS_RETRY ? 1 : 0)
  frame.put(PROTECTED, flags & IS_PROTECTED ? 1 : 0)
  if (at + 4 > end) return
  const isPowerSavePoll = type === CONTROL && subtype === 10
  // There the two octets are an association id.
  if (!isPowerSavePoll) frame.put(DURATION, u16le(octets, at + 2))
  if (type === MANAGEMENT) management(frame, at, subtype, flags)
  else if (type === CONTROL) controlAddresses(frame, at, subtype)
  else if (type === DATA) data(frame, at, subtype, flags)
}

/** By subtype of a control frame: whether the second address is there, and what the addresses are besides receiver and transmitter. */
const controlFrames: Readonly<Record<number, readonly [first: number, second: number]>> = {
  2: [-1, -1], // trigger
  4: [-1, -1], // beamforming report poll
  5: [-1, -1], // NDP announcement
  8: [-1, -1], // block ack request
  9: [-1, -1], // block ack
  10: [BSSID, -1], // power save poll
  11: [-1, -1], // request to send
  14: [-1, BSSID], // contention free end
  15: [-1, BSSID],
}

function controlAddresses(frame: Frame, at: number, subtype: number): void {
  const two = controlFrames[subtype]
  address(frame, at + 4, RECEIVER, two?.[0] ?? -1)
  if (two === undefined) return
  address(frame, at + 10, TRANSMITTER, two[1])
  sender(frame, at + 10)
}

function management(frame: Frame, at: number, subtype: number, flags: number): void {
  address(frame, at + 4, RECEIVER, DESTINATION)
  address(frame, at + 10, TRANSMITTER, SOURCE)
  sender(frame, at + 10)
  address(frame, at + 16, BSSID, -1)
  sequence(frame, at + 22)
  const fixed = fixedOctets[subtype]!
  if (!frame.plan.wantsTags || fixed === NO_TAGS || flags & IS_PROTECTED) return
  const body = at + HEADER_OCTETS + (flags & HAS_ORDER ? 4 : 0)
  if (subtype === AUTHENTICATION && frame.octets[body] === AUTHENTICATION_SAE) return
  tags(frame, body + fixed)
}

function data(frame: Frame, at: number, subtype: number, flags: number): void {
  const { octets } = frame
  const toDs = (flags & TO_DS) !== 0
  const fromDs = (flags & FROM_DS) !== 0
  const [first, second, third] = dataAddresses[(toDs ? 1 : 0) + (fromDs ? 2 : 0)]!
  address(frame, at + 4, RECEIVER, first)
  address(frame, at + 10, TRANSMITTER, second)
  address(frame, at + 16, third, -1)
  sender(frame, at + 10)
  if (toDs !== fromDs) address(frame, at + (toDs ? 10 : 4), STATION, -1)
  sequence(frame, at + 22)
  let header = HEADER_OCTETS
  if (toDs && fromDs) {
    address(frame, at + header, SOURCE, -1)
    header += 6
  }
  let isAggregate = false
  if (subtype & SUBTYPE_QOS) {
    isAggregate = at + header < frame.end && (octets[at + header]! & IS_AGGREGATE) !== 0
    header += 2
    if (flags & HAS_ORDER) header += 4
  }
  if (frame.hasPad) header = (header + 3) & ~3
  const isOpaque = (flags & IS_PROTECTED) !== 0 || (subtype & SUBTYPE_NO_DATA) !== 0 || isAggregate
  if (isOpaque || frame.depth < depth.network || at + header >= frame.end) return
  frame.follow(layer.llc, at + header)
}

/** What the first three addresses are besides receiver and transmitter, by the two DS flags. -1: nothing. */
const dataAddresses: readonly (readonly [first: number, second: number, third: number])[] = [
  [DESTINATION, SOURCE, BSSID], // within a cell
  [BSSID, SOURCE, DESTINATION], // to the access point
  [DESTINATION, BSSID, SOURCE], // from the access point
  [-1, -1, DESTINATION], // between access points
]

function address(frame: Frame, at: number, first: number, second: number): void {
  if (at + 6 > frame.end) return
  const { wanted } = frame
  const isWanted = wanted[first] !== 0 || (second >= 0 && wanted[second] !== 0)
  if (!isWanted) return
  const text = macText(frame.octets, at)
  frame.put(first, text)
  if (second >= 0) frame.put(second, text)
}

function sender(frame: Frame, at: number): void {
  if (frame.wantsSender && at + 6 <= frame.end) frame.sender = macText(frame.octets, at)
}

function sequence(frame: Frame, at: number): void {
  if (at + 2 > frame.end) return
  const control = u16le(frame.octets, at)
  frame.put(FRAGMENT, control & 15)
  frame.put(SEQUENCE, control >>> 4)
}
