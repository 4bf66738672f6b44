import { configDef, definePredicate, nonEmptyString } from '../../runtime/api/index.ts'

export default definePredicate({
  name: 'HasHeaderKey',
  class: 'org.apache.kafka.connect.transforms.predicates.HasHeaderKey',
  doc: 'True for records with at least one header of that name, in exactly that case.',
  config: configDef({
    name: {
      type: 'string',
      importance: 'medium',
      doc: 'The name of the header.',
      validator: nonEmptyString,
    },
  }),
  reads: ['headers'],
  create: ({ name }) => ({ test: ({ headers }) => headers.some(({ key }) => key === name) }),
})
