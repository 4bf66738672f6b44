// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must be escaped
const special = /["\\\u0000-\u001f\ud800-\udfff]/

/** A JSON string as Connect writes it: beyond the basic plane, and where a surrogate stands alone, as `\uXXXX`. */
export function quote(text: string): string {
  if (!special.test(text)) return `"${text}"`
  const json = JSON.stringify(text)
  // Each backslash of the text is doubled: a backslash and u are only an escape when no other precedes.
  return json.replace(/\\\\|\\u[0-9a-f]{4}|[\ud800-\udfff]/g, escaped)
}

function escaped(found: string): string {
  if (found === '\\\\') return found
  const hex = found.length > 1 ? found.slice(2) : found.charCodeAt(0).toString(16)
  return `\\u${hex.toUpperCase()}`
}
