/** Prefixes that hand their keys on. */
export const passedOn = ['key.converter.', 'value.converter.', 'header.converter.'] as const

/** Settings of the worker's own Kafka clients. What each of them means is the Kafka log's affair. */
export const clientKeys =
  /^(client\.(id|rack|dns\.lookup)|security\.protocol|security\.providers|sasl\.[\w.-]+|ssl\.[\w.-]+|listener\.name\.[\w.-]+|bootstrap\.[\w.]+|request\.timeout\.ms|default\.api\.timeout\.ms|retries|retry\.backoff(\.max)?\.ms|reconnect\.backoff(\.max)?\.ms|metadata\.[\w.]+|connections\.max\.idle\.ms|socket\.connection\.setup\.timeout(\.max)?\.ms|(send|receive)\.buffer\.bytes|acks|compression\.[\w.]+|max\.request\.size|max\.block\.ms|delivery\.timeout\.ms|linger\.ms|batch\.size|buffer\.memory|max\.in\.flight\.requests\.per\.connection|fetch\.[\w.]+|max\.partition\.fetch\.bytes|check\.crcs|isolation\.level|allow\.auto\.create\.topics|interceptor\.classes|enable\.metrics\.push)$/

/** Settings of connectors' clients. */
export const clientPrefixes = ['producer.', 'consumer.', 'admin.'] as const
export type ClientPrefix = (typeof clientPrefixes)[number]

/** Keys of Connect that say something about a cluster of workers, about JMX or about Java plugins: harmless, and without effect. */
export const idleKeys =
  /^(session\.timeout\.ms|heartbeat\.interval\.ms|rebalance\.timeout\.ms|worker\.(sync\.timeout|unsync\.backoff)\.ms|connect\.protocol|scheduled\.rebalance\.max\.delay\.ms|inter\.worker\.[\w.]+|metrics\.[\w.]+|metric\.reporters|auto\.include\.jmx\.reporter|plugin\.(path|discovery)|internal\.(key|value)\.converter(\.[\w.]+)?|config\.storage\.partitions|offset\.flush\.timeout\.ms|offset\.storage\.file\.filename)$/

/** What says something about Kafka alone. */
export const kafkaKeys =
  /^(group\.id|(config|offset|status)\.storage\.replication\.factor|default\.api\.timeout\.ms)$/

/** What says something about the embedded log alone. */
export const embeddedKeys = /^(data\.dir|topic\.partitions)$/
