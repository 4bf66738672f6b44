/** Integers beyond 2^53 keep their digits: they are `bigint`, written and read. */
export function exactJson(answer: unknown): string {
  return JSON.stringify(answer, (_, value) =>
    typeof value === 'bigint' ? rawJson(String(value)) : value,
  )
}

export function exactNumber(_key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source ?? ''
  return typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source)
    ? BigInt(source)
    : value
}

const { rawJSON: rawJson } = JSON as unknown as { rawJSON(text: string): unknown }
