const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * UTF-8 where it is valid and holds no NUL, which no database takes as text; otherwise the octets, those outside printable ASCII as `\xNN`.
 * Plain ASCII, the usual case, is spelt directly.
 */
export function octetsText(octets: Uint8Array, from: number, to: number): string {
  let text = ''
  for (let at = from; at < to; at++) {
    const octet = octets[at]!
    if (octet < 0x20 || octet > 0x7e) return oddText(octets, from, to)
    text += ascii[octet]!
  }
  return text
}

const ascii = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code))

function oddText(octets: Uint8Array, from: number, to: number): string {
  const part = octets.subarray(from, to)
  if (!part.includes(0)) {
    try {
      return strictUtf8.decode(part)
    } catch {
      // not UTF-8: escaped below
    }
  }
  let text = ''
  for (const octet of part) {
    const isPrintable = octet >= 0x20 && octet <= 0x7e && octet !== 0x5c
    text += isPrintable ? ascii[octet]! : `\\x${octet.toString(16).padStart(2, '0')}`
  }
  return text
}
