/** Runs what a verb does. What the user can mend is said in words, message and hint; anything else is our own fault and shows its stack. */
export function inWords<A extends readonly unknown[]>(
  verb: string,
  action: (...args: A) => Promise<void>,
): (...args: A) => Promise<void> {
  return async (...args) => {
    try {
      await action(...args)
    } catch (error) {
      process.stderr.write(`tapline ${verb}: ${words(error)}\n`)
      process.exitCode = 1
    }
  }
}

function words(error: unknown): string {
  const { message, hint, stack, code } = error as Error & { hint?: string; code?: string }
  if (code === undefined) return stack ?? String(error)
  return hint ? `${message}\n${hint}` : message
}
