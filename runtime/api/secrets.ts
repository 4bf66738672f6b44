const secretName =
  /(^|[._-])(password|passwd|passphrase|pass|pwd|secrets?|tokens?|credentials?|authorization|jaas)($|[._-])|secret|password|api[._-]?key|private[._-]?key|access[._-]?key/i
const secretPair =
  /((?:password|passwd|passphrase|pwd|secret|token|api[._-]?key)[\w.-]*\s*[=:]\s*)("[^"]*"|[^\s,;&})\]]+)/gi
const userInfo = /(\/\/[^\s/@:]*:)[^\s/@]+(@)/g

/** Whether a key of this name holds a secret, by its name alone (I5). The `password` type says it better where a definition is at hand. */
export function isSecretName(name: string): boolean {
  return secretName.test(name)
}

/** I6. What is older than so many others is forgotten. */
const mostHidden = 10_000
/** Shorter ones cannot be told from ordinary text: those of secret keys are struck out by their keys. */
const shortestHidden = 6
const hidden = new Set<string>()

/** Values that came from a config provider: from now on `maskSecrets` strikes them out in this thread. */
export function hideSecrets(values: Iterable<string>): void {
  for (const value of values) {
    const secret = value.trim()
    if (secret.length < shortestHidden || hidden.has(secret)) continue
    hidden.add(secret)
    const [oldest] = hidden
    if (hidden.size > mostHidden && oldest !== undefined) hidden.delete(oldest)
  }
}

/** For another thread. */
export function hiddenSecrets(): readonly string[] {
  return [...hidden]
}

function withoutHidden(text: string): string {
  let clean = text
  for (const secret of hidden)
    if (clean.includes(secret)) clean = clean.replaceAll(secret, '[hidden]')
  return clean
}

/** The text without passwords in addresses (`//user:…@host`) and `password=…` pairs, and without what came from providers (I5). */
export function maskSecrets(text: string): string {
  return withoutHidden(text).replace(userInfo, '$1[hidden]$2').replace(secretPair, '$1[hidden]')
}
