import { configDef } from '../../../api/index.ts'
import { anyCaseOf } from './ranges.ts'

/** How a client proves who it is and whom it trusts, under Java's names. */
export const securityKeys = configDef({
  'security.protocol': {
    type: 'string',
    importance: 'medium',
    doc: 'PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL: what the listener of the brokers speaks.',
    default: 'PLAINTEXT',
    validator: anyCaseOf('SASL_SSL', 'PLAINTEXT', 'SSL', 'SASL_PLAINTEXT'),
  },
  'sasl.mechanism': {
    type: 'string',
    importance: 'medium',
    doc: 'PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER. (Kerberos, which is the default of Java, is not spoken here.)',
    default: null,
  },
  'sasl.jaas.config': {
    type: 'password',
    importance: 'medium',
    doc: 'The login module with its options: …PlainLoginModule required username="…" password="…"; or ScramLoginModule, or OAuthBearerLoginModule.',
    default: null,
  },
  'sasl.login.callback.handler.class': {
    type: 'class',
    importance: 'medium',
    doc: "Kafka's OAuthBearerLoginCallbackHandler or none: where the token comes from is known by the other keys.",
    default: null,
    validator: (value) =>
      typeof value !== 'string' ||
      value === '' ||
      /(^|\.)OAuthBearer(Unsecured)?LoginCallbackHandler$/.test(value)
        ? undefined
        : 'classes of Java cannot run here; tokens come from a client credentials endpoint or from a file',
  },
  'sasl.login.connect.timeout.ms': {
    type: 'int',
    importance: 'low',
    doc: 'How long connecting to the token endpoint may take; added to sasl.login.read.timeout.ms.',
    default: null,
  },
  'sasl.login.read.timeout.ms': {
    type: 'int',
    importance: 'low',
    doc: 'How long the answer of the token endpoint may take.',
    default: null,
  },
  'sasl.oauthbearer.token.endpoint.url': {
    type: 'string',
    importance: 'medium',
    doc: 'Where tokens come from: an https address for client credentials, or a file that holds one (file:///…).',
    default: null,
  },
  'sasl.oauthbearer.client.credentials.client.id': {
    type: 'string',
    importance: 'medium',
    doc: 'The client, towards the token endpoint (or clientId in sasl.jaas.config).',
    default: null,
  },
  'sasl.oauthbearer.client.credentials.client.secret': {
    type: 'password',
    importance: 'medium',
    doc: "The client's secret, towards the token endpoint (or clientSecret in sasl.jaas.config).",
    default: null,
  },
  'sasl.oauthbearer.scope': {
    type: 'string',
    importance: 'medium',
    doc: 'The scope to ask a token for (or scope in sasl.jaas.config).',
    default: null,
  },
  'sasl.oauthbearer.header.urlencode': {
    type: 'boolean',
    importance: 'low',
    doc: 'Whether client and secret are URL-encoded in the Authorization header, as RFC 6749 has it.',
    default: false,
  },
  'sasl.oauthbearer.jwt.retriever.class': {
    type: 'class',
    importance: 'medium',
    doc: "One of Kafka's own: DefaultJwtRetriever, ClientCredentialsJwtRetriever, FileJwtRetriever.",
    default: 'org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever',
    validator: (value) =>
      typeof value !== 'string' || /(^|\.)(Default|ClientCredentials|File)JwtRetriever$/.test(value)
        ? undefined
        : 'tokens come from a client credentials endpoint or from a file; leave the key out',
  },
  'ssl.truststore.type': {
    type: 'string',
    importance: 'medium',
    doc: 'PEM. (What kind a file is, is seen by its content.)',
    default: 'JKS',
  },
  'ssl.truststore.location': {
    type: 'string',
    importance: 'high',
    doc: 'A PEM file with the certificates that are trusted. Without: those that Node trusts.',
    default: null,
  },
  'ssl.truststore.certificates': {
    type: 'password',
    importance: 'high',
    doc: 'The certificates that are trusted, as PEM, in place of a file.',
    default: null,
  },
  'ssl.truststore.password': {
    type: 'password',
    importance: 'high',
    doc: 'Not needed: PEM files of certificates have none.',
    default: null,
  },
  'ssl.keystore.type': {
    type: 'string',
    importance: 'medium',
    doc: 'PEM or PKCS12. (What kind a file is, is seen by its content.)',
    default: 'JKS',
  },
  'ssl.keystore.location': {
    type: 'string',
    importance: 'high',
    doc: "A PEM file with the client's key and certificate chain, or a PKCS12 keystore.",
    default: null,
  },
  'ssl.keystore.password': {
    type: 'password',
    importance: 'high',
    doc: 'The password of a PKCS12 keystore.',
    default: null,
  },
  'ssl.keystore.certificate.chain': {
    type: 'password',
    importance: 'high',
    doc: "The client's certificate chain, as PEM, in place of a file.",
    default: null,
  },
  'ssl.keystore.key': {
    type: 'password',
    importance: 'high',
    doc: "The client's private key, as PEM (PKCS#8), in place of a file.",
    default: null,
  },
  'ssl.key.password': {
    type: 'password',
    importance: 'high',
    doc: 'The password of the private key.',
    default: null,
  },
  'ssl.endpoint.identification.algorithm': {
    type: 'string',
    importance: 'low',
    doc: "https: the broker's certificate must name the host. Empty: any host.",
    default: 'https',
    validator: (value) =>
      typeof value !== 'string' || /^(https)?$/i.test(value)
        ? undefined
        : 'https, or empty for no check of the host name',
  },
  'ssl.protocol': {
    type: 'string',
    importance: 'medium',
    doc: 'The newest TLS version to use.',
    default: 'TLSv1.3',
  },
  'ssl.enabled.protocols': {
    type: 'list',
    importance: 'medium',
    doc: 'The TLS versions to use: TLSv1.2, TLSv1.3.',
    default: ['TLSv1.2', 'TLSv1.3'],
  },
  'ssl.cipher.suites': {
    type: 'list',
    importance: 'low',
    doc: "The cipher suites to use, under Java's names. Left out: all that are safe.",
    default: null,
  },
})
