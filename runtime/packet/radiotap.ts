import { slot } from './fields.ts'
import type { Frame } from './frame.ts'
import { layer } from './layer.ts'
import { clearRadio, type Radio, radioFields } from './radio.ts'
import { u16le, u32le } from './window.ts'

const LENGTH = slot('radiotap.length')
const SIGNALS = slot('radiotap.dbm_antsignal')
const FREQUENCY = slot('radiotap.channel.freq')

const FLAGS = 1
const RATE = 2
const CHANNEL = 3
const SIGNAL = 5
const RADIOTAP_NAMESPACE = 29
const VENDOR_NAMESPACE = 30
const MORE_WORDS = 31
const MAX_WORDS = 32

const HAS_FCS = 0x10
const HAS_PAD = 0x20
const SHORT_PREAMBLE = 0x02

/** Size and alignment of the fields of the present words, by bit; alignment counts from the start of the radiotap header. */
const layouts: readonly (readonly [size: number, align: number])[] = [
  [8, 8], // TSFT
  [1, 1], // flags
  [1, 1], // rate
  [4, 2], // channel
  [2, 1], // FHSS
  [1, 1], // dBm antenna signal
  [1, 1], // dBm antenna noise
  [2, 2], // lock quality
  [2, 2], // TX attenuation
  [2, 2], // dB TX attenuation
  [1, 1], // dBm TX power
  [1, 1], // antenna
  [1, 1], // dB antenna signal
  [1, 1], // dB antenna noise
  [2, 2], // RX flags
  [2, 2], // TX flags
  [1, 1], // RTS retries
  [1, 1], // data retries
  [8, 4], // XChannel
  [3, 1], // MCS
  [8, 4], // A-MPDU
  [12, 2], // VHT
  [12, 8], // timestamp
  [12, 2], // HE
  [12, 2], // HE-MU
  [6, 2], // HE-MU other user
  [1, 1], // zero-length PSDU
  [4, 2], // L-SIG
]

const radio: Radio = {
  frequency: 0,
  signal: undefined,
  rate: 0,
  isShortPreamble: false,
  hasFcs: false,
  hasPad: false,
}

export function radiotap(frame: Frame, at: number): void {
  const { octets, end } = frame
  frame.enter('radiotap')
  if (at + 8 > end) return
  const length = u16le(octets, at + 2)
  if (octets[at] !== 0 || length < 8 || at + length > end) return
  frame.put(LENGTH, length)
  clearRadio(radio)
  words(frame, at, at + length)
  const body = at + length
  if (radio.hasFcs) frame.narrow(Math.max(body, frame.wireEnd - 4))
  frame.hasPad = radio.hasPad
  radioFields(frame, radio, body)
  frame.follow(layer.ieee80211, body)
}

/** All present words come first, then the data of all words in the order of their bits. */
function words(frame: Frame, start: number, end: number): void {
  const { octets } = frame
  let data = start + 4
  let count = 0
  do {
    if (data + 4 > end || count === MAX_WORDS) return
    data += 4
    count++
  } while (u32le(octets, data - 4) >>> MORE_WORDS === 1)
  let isRadiotap = true
  for (let index = 0; index < count; index++) {
    const present = u32le(octets, start + 4 + index * 4)
    if (isRadiotap) data = fields(frame, present, start, data, end)
    if (data < 0) return
    // These two bits speak of the next word.
    if ((present >>> VENDOR_NAMESPACE) & 1) {
      data = align(data, start, 2)
      if (data + 6 > end) return
      data += 6 + u16le(octets, data + 4)
      isRadiotap = false
    } else if ((present >>> RADIOTAP_NAMESPACE) & 1) {
      isRadiotap = true
    } else {
      // The next word would go on with bits from 32 up, and no such field is known.
      return
    }
  }
}

/** Reads one word's fields; -1 when the rest cannot be found, as an unknown field or the end came first. */
function fields(frame: Frame, present: number, start: number, from: number, end: number): number {
  let at = from
  for (let bit = 0; bit < RADIOTAP_NAMESPACE; bit++) {
    if (((present >>> bit) & 1) === 0) continue
    const layout = layouts[bit]
    if (layout === undefined) return -1
    at = align(at, start, layout[1])
    if (at + layout[0] > end) return -1
    if (bit <= SIGNAL) field(frame, bit, at)
    at += layout[0]
  }
  return at
}

function field(frame: Frame, bit: number, at: number): void {
  const { octets } = frame
  if (bit === SIGNAL) {
    // The last antenna's value wins, as in Wireshark.
    radio.signal = (octets[at]! << 24) >> 24
    frame.put(SIGNALS, radio.signal)
  } else if (bit === CHANNEL) {
    radio.frequency = u16le(octets, at)
    frame.put(FREQUENCY, radio.frequency)
  } else if (bit === RATE) {
    radio.rate = octets[at]! / 2
  } else if (bit === FLAGS) {
    const flags = octets[at]!
    radio.hasFcs = (flags & HAS_FCS) !== 0
    radio.hasPad = (flags & HAS_PAD) !== 0
    radio.isShortPreamble = (flags & SHORT_PREAMBLE) !== 0
  }
}

function align(at: number, start: number, to: number): number {
  return start + Math.ceil((at - start) / to) * to
}
