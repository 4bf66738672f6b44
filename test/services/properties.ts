export { log4j, properties } from '../../runtime/cli/demo/kafka-settings.ts'
