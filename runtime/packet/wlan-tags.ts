import { colonHex } from './address-text.ts'
import { slot } from './fields.ts'
import type { Frame } from './frame.ts'
import { octetsText } from './octets-text.ts'
import { u16be } from './window.ts'

const TAGGED = slot('wlan.tagged.all')
const SSID = slot('wlan.ssid')
const COUNTRY = slot('wlan.country_info.code')
const OUI = slot('wlan.tag.oui')
const VENDOR_TYPE = slot('wlan.tag.vendor.oui.type')
const VENDOR_CONTENT = slot('wlan.tag.vendor.data')
const WPS_NAME = slot('wps.device_name')

const TAG_SSID = 0
const TAG_COUNTRY = 7
const TAG_VENDOR = 221

const MICROSOFT = 0x0050f2
const WPS = 4
const WPS_DEVICE_NAME = 0x1011
/** Vendors whose tags Wireshark 4.0 takes apart, so that it shows no `wlan.tag.vendor.data` of them: tried with each. */
const dissectedVendors: ReadonlySet<number> = new Set([
  MICROSOFT,
  0x00037f,
  0x000b86,
  0x000c42,
  0x000ce6,
  0x000fac,
  0x001392,
  0x001977,
  0x001f32,
  0x004096,
  0x005043,
  0x00904c,
  0x00a0f8,
  0x506f9a,
  0x5c5b35,
])

/** The tagged part of a management frame. Ends at the first tag that overruns the frame; what is complete counts. */
export function tags(frame: Frame, from: number): void {
  const { octets, end } = frame
  if (from + 2 > end) return
  frame.put(TAGGED, '1')
  for (let at = from; at + 2 <= end; ) {
    const id = octets[at]!
    const value = at + 2
    const valueEnd = value + octets[at + 1]!
    const isCut = valueEnd > end
    if (id === TAG_VENDOR) vendor(frame, value, isCut ? end : valueEnd, isCut)
    if (isCut) return
    if (id === TAG_SSID) ssid(frame, value, valueEnd)
    else if (id === TAG_COUNTRY && valueEnd - value >= 2)
      frame.put(COUNTRY, octetsText(octets, value, value + 2))
    at = valueEnd
  }
}

/** A name of NULs alone is a hidden one: told as the empty name, as no text column takes NUL. */
function ssid(frame: Frame, from: number, to: number): void {
  const { octets } = frame
  if (frame.wanted[SSID] === 0) return
  let start = from
  while (start < to && octets[start] === 0) start++
  frame.put(SSID, start === to ? '' : octetsText(octets, from, to))
}

function vendor(frame: Frame, from: number, to: number, isCut: boolean): void {
  const { octets, wanted } = frame
  if (to - from < 3) return
  const oui = (octets[from]! << 16) | (octets[from + 1]! << 8) | octets[from + 2]!
  frame.put(OUI, oui)
  if (to - from < 4) return
  const type = octets[from + 3]!
  frame.put(VENDOR_TYPE, type)
  if (isCut) return
  if (wanted[VENDOR_CONTENT] !== 0 && !dissectedVendors.has(oui))
    frame.put(VENDOR_CONTENT, colonHex(octets, from + 3, to))
  if (oui === MICROSOFT && type === WPS && wanted[WPS_NAME] !== 0) wpsName(frame, from + 4, to)
}

function wpsName(frame: Frame, from: number, to: number): void {
  const { octets } = frame
  for (let at = from; at + 4 <= to; ) {
    const value = at + 4
    const valueEnd = value + u16be(octets, at + 2)
    if (valueEnd > to) return
    if (u16be(octets, at) === WPS_DEVICE_NAME)
      frame.put(WPS_NAME, octetsText(octets, value, valueEnd))
    at = valueEnd
  }
}
