/** UTF-8 as Java reads it: like the web's decoders, but a surrogate that was encoded by itself is one U+FFFD, not one for each byte. */
export function decodeUtf8(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = buffer.toString()
  if (!text.includes('\ufffd')) return text
  const latin = buffer.toString('latin1')
  if (!encodedSurrogate.test(latin)) return text
  return Buffer.from(latin.replace(encodedSurrogates, replacement), 'latin1').toString()
}

const encodedSurrogate = /\xed[\xa0-\xbf]/
const encodedSurrogates = /\xed[\xa0-\xbf][\x80-\xbf]?/g
const replacement = '\xef\xbf\xbd'

/** Text that can be UTF-8: what stands for a lone surrogate is, as in Java, a question mark. */
export function encodable(text: string): string {
  return text.isWellFormed() ? text : text.replace(/\p{Surrogate}/gu, '?')
}
