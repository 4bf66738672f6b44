import {
  all,
  configDef,
  definePredicate,
  JavaRegex,
  javaRegex,
  nonEmptyString,
} from '../../runtime/api/index.ts'

export default definePredicate({
  name: 'TopicNameMatches',
  class: 'org.apache.kafka.connect.transforms.predicates.TopicNameMatches',
  doc: 'True for records whose whole topic name matches a regular expression.',
  config: configDef({
    pattern: {
      type: 'string',
      importance: 'medium',
      doc: 'Java regular expression for the whole topic name.',
      validator: all(nonEmptyString, javaRegex),
    },
  }),
  reads: ['topic'],
  create({ pattern }) {
    const regex = new JavaRegex(pattern)
    return { test: ({ topic }) => regex.matches(topic) }
  },
})
