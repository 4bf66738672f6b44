const block = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g

export interface PemBlock {
  readonly label: string
  readonly text: string
}

/** The blocks of a PEM text, each in the form that OpenSSL reads: Java also takes them on one line, with spaces for line breaks. */
export function pemBlocks(text: string): readonly PemBlock[] {
  return Array.from(text.matchAll(block), ([, label = '', body = '']) => {
    const lines = body.replace(/\s+/g, '').match(/.{1,64}/g) ?? []
    return {
      label,
      text: `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`,
    }
  })
}

export function certificatesOf(text: string): readonly string[] {
  return pemBlocks(text)
    .filter(({ label }) => /^(TRUSTED |X509 )?CERTIFICATE$/.test(label))
    .map((each) => each.text)
}

export function privateKeyOf(text: string): string | undefined {
  return pemBlocks(text).find(({ label }) => label.endsWith('PRIVATE KEY'))?.text
}
