import { slot } from './fields.ts'
import type { Frame } from './frame.ts'

const CHANNEL = slot('wlan_radio.channel')
const FREQUENCY = slot('wlan_radio.frequency')
const SIGNAL = slot('wlan_radio.signal_dbm')
const DURATION = slot('wlan_radio.duration')

/** What a capture header says of the reception, whatever its form. */
export interface Radio {
  /** MHz; 0 is unknown. */
  frequency: number
  signal: number | undefined
  /** Mb/s; 0 is unknown. */
  rate: number
  isShortPreamble: boolean
  hasFcs: boolean
  hasPad: boolean
}

export function clearRadio(radio: Radio): void {
  radio.frequency = 0
  radio.signal = undefined
  radio.rate = 0
  // Assumed, as by Wireshark, where nothing is said.
  radio.isShortPreamble = true
  radio.hasFcs = false
  radio.hasPad = false
}

/** `body` is where the 802.11 frame begins; its octets on the air count its check sequence only where the capture holds it. */
export function radioFields(frame: Frame, radio: Radio, body: number): void {
  frame.enter('wlan_radio')
  if (radio.frequency > 0) {
    frame.put(FREQUENCY, radio.frequency)
    const channel = channelOf(radio.frequency)
    if (channel > 0) frame.put(CHANNEL, channel)
  }
  if (radio.signal !== undefined) frame.put(SIGNAL, radio.signal)
  if (frame.wanted[DURATION] === 0) return
  const length = frame.wireEnd - body + (radio.hasFcs ? 4 : 0)
  const duration = airTime(length, radio.rate, radio.isShortPreamble)
  if (duration > 0) frame.put(DURATION, duration)
}

/** 0 when the frequency belongs to no band. */
export function channelOf(mhz: number): number {
  if (mhz === 2484) return 14
  if (mhz >= 2412 && mhz <= 2472) return Math.floor((mhz - 2407) / 5)
  // The one channel of the 6 GHz band that lies below its base.
  if (mhz === 5935) return 2
  if (mhz > 5000 && mhz < 5950) return Math.floor((mhz - 5000) / 5)
  if (mhz >= 5955 && mhz <= 7115) return Math.floor((mhz - 5950) / 5)
  if (mhz >= 4910 && mhz <= 4980) return Math.floor((mhz - 4000) / 5)
  return 0
}

const dsssRates: ReadonlySet<number> = new Set([1, 2, 5.5, 11, 22, 33])
const ofdmRates: ReadonlySet<number> = new Set([6, 9, 12, 18, 24, 36, 48, 54])

/** Microseconds that a frame of `length` octets takes at `rate` Mb/s, preamble included; 0 when the rate is of a later standard. */
export function airTime(length: number, rate: number, isShortPreamble: boolean): number {
  if (ofdmRates.has(rate)) return 20 + 4 * Math.ceil((16 + 8 * length + 6) / (4 * rate))
  if (!dsssRates.has(rate)) return 0
  return (isShortPreamble ? 96 : 192) + Math.ceil((8 * length) / rate)
}
