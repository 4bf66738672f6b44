/** Keys of Connect whose feature is not there yet: refused, except for the texts under which the feature is off anyway. */
export const laterKeys: readonly {
  readonly key: RegExp
  readonly off?: readonly string[]
  readonly instead: string
  /** On Kafka the key means something else, or something at all. */
  readonly isForEmbedded?: boolean
}[] = [
  {
    key: /^(listeners\.https|admin\.listeners\.https)\./,
    instead: 'TLS of the REST API is not available yet: leave it out',
  },
  {
    key: /^ssl\./,
    instead: 'TLS of the REST API is not available yet: leave it out',
    isForEmbedded: true,
  },
  {
    key: /^rest\.advertised\.listener$/,
    off: ['http'],
    instead: 'https is not available yet: leave it out',
  },
  {
    key: /^(admin\.listeners|access\.control\.allow\.(origin|methods)|response\.http\.headers\.config|rest\.extension\.classes)$/,
    off: [''],
    instead: 'it is not available yet: leave it out',
  },
  {
    key: /^exactly\.once\.source\.support$/,
    off: ['disabled'],
    instead:
      'it is not available yet: leave it out (on the embedded log records and offsets are one transaction anyway)',
  },
]
