const secretName =
  /(^|[._-])(password|passwd|passphrase|pass|pwd|secrets?|tokens?|credentials?|authorization|jaas)($|[._-])|secret|password|api[._-]?key|private[._-]?key|access[._-]?key/i
const secretPair =
  /((?:password|passwd|passphrase|pwd|secret|token|api[._-]?key)[\w.-]*\s*[=:]\s*)("[^"]*"|[^\s,;&})\]]+)/gi
const userInfo = /(\/\/[^\s/@:]*:)[^\s/@]+(@)/g

/** Whether a key of this name holds a secret, by its name alone (I5). The `password` type says it better where a definition is at hand. */
export function isSecretName(name: string): boolean {
  return secretName.test(name)
}

/** The text without passwords in addresses (`//user:…@host`) and `password=…` pairs (I5). */
export function maskSecrets(text: string): string {
  return text.replace(userInfo, '$1[hidden]$2').replace(secretPair, '$1[hidden]')
}
