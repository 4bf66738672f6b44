import { configDef, definePredicate } from '../../runtime/api/index.ts'

export default definePredicate({
  name: 'RecordIsTombstone',
  class: 'org.apache.kafka.connect.transforms.predicates.RecordIsTombstone',
  doc: 'True for records whose value is null, with or without a schema.',
  config: configDef({}),
  reads: ['value'],
  create: () => ({ test: ({ value }) => value === null }),
})
