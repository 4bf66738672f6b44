/** Lines of a Java properties file; later maps win. */
export function properties(...maps: (Readonly<Record<string, string>> | undefined)[]): string {
  return Object.entries(Object.assign({}, ...maps) as Record<string, string>)
    .map(([key, value]) => `${key}=${value.replaceAll('\\', '\\\\')}\n`)
    .join('')
}

/** Without it Kafka's log4j writes nothing. */
export const log4j = `<Configuration status="error">
  <Appenders><Console name="o"><PatternLayout pattern="[%d] %p %X{connector.context}%m (%c)%n"/></Console></Appenders>
  <Loggers><Root level="warn"><AppenderRef ref="o"/></Root></Loggers>
</Configuration>
`
