import { configDef, defineTransformation } from '../runtime/api/index.ts'

export default defineTransformation({
  name: 'Filter',
  class: 'org.apache.kafka.connect.transforms.Filter',
  doc: 'Drops the record. Give it a predicate, or it drops them all.',
  config: configDef({}),
  reads: [],
  create: () => ({ apply: () => null }),
})
