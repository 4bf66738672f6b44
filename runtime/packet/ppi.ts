import type { Frame } from './frame.ts'
import { layer } from './layer.ts'
import { linkType } from './link-type.ts'
import { clearRadio, type Radio, radioFields } from './radio.ts'
import { u16le, u32le } from './window.ts'

const COMMON_80211 = 2
const COMMON_80211_OCTETS = 20
const HAS_FCS = 1
const MAX_FIELDS = 64
/** The driver did not say. */
const NO_SIGNAL = -128

const radio: Radio = {
  frequency: 0,
  signal: undefined,
  rate: 0,
  isShortPreamble: false,
  hasFcs: false,
  hasPad: false,
}

/** Per-packet information: a list of typed fields before a frame of any link type; 802.11 is the only one in use. */
export function ppi(frame: Frame, at: number): void {
  const { octets, end } = frame
  frame.enter('ppi')
  if (at + 8 > end) return
  const length = u16le(octets, at + 2)
  const body = at + length
  if (length < 8 || body > end || u32le(octets, at + 4) !== linkType.ieee80211) return
  clearRadio(radio)
  let field = at + 8
  for (let fields = 0; field + 4 <= body && fields < MAX_FIELDS; fields++) {
    const size = u16le(octets, field + 2)
    const isCommon = u16le(octets, field) === COMMON_80211 && size >= COMMON_80211_OCTETS
    if (isCommon && field + 4 + size <= body) common(octets, field + 4)
    field += 4 + size
  }
  if (radio.hasFcs) frame.narrow(Math.max(body, frame.wireEnd - 4))
  radioFields(frame, radio, body)
  frame.follow(layer.ieee80211, body)
}

function common(octets: Uint8Array, at: number): void {
  radio.hasFcs = (u16le(octets, at + 8) & HAS_FCS) !== 0
  radio.rate = u16le(octets, at + 10) / 2
  radio.frequency = u16le(octets, at + 12)
  const signal = (octets[at + 18]! << 24) >> 24
  if (signal !== NO_SIGNAL) radio.signal = signal
}
