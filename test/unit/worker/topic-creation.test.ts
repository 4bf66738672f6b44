import t from 'tap'
import { ConnectException, RetriableException } from '../../../runtime/api/index.ts'
import type { Log, TopicSpec } from '../../../runtime/log/log.ts'
import {
  TopicCreation,
  topicCreationKeys,
  topicCreationProblems,
} from '../../../runtime/worker/topic-creation.ts'
import { TopicPartitions } from '../../../runtime/worker/topic-partitions.ts'

const least = {
  'topic.creation.default.partitions': '3',
  'topic.creation.default.replication.factor': '-1',
}

t.test('the first group that takes a name says how its topic is made', async (t) => {
  const creation = TopicCreation.from({
    ...least,
    'topic.creation.default.cleanup.policy': 'delete',
    'topic.creation.default.include': 'ignored',
    'topic.creation.groups': 'logs, compacted ,default',
    'topic.creation.logs.include': 'log-.*, (?i)LOG\\.[a-z&&[^x]]+',
    'topic.creation.logs.exclude': 'log-special',
    'topic.creation.logs.partitions': '7',
    'topic.creation.logs.retention.ms': '1000',
    'topic.creation.compacted.include': 'log-special,c[0-9]+',
    'topic.creation.compacted.replication.factor': '2',
    'topic.creation.compacted.cleanup.policy': 'compact',
  })
  const spec = (topic: string) => creation?.specOf(topic)
  const logs = { partitions: 7, settings: { 'retention.ms': '1000' } }
  t.strictSame(spec('log-1'), { topic: 'log-1', ...logs })
  t.strictSame(spec('log.abc'), { topic: 'log.abc', ...logs })
  const compacted = {
    partitions: 3,
    replicationFactor: 2,
    settings: { 'cleanup.policy': 'compact' },
  }
  t.strictSame(spec('log-special'), { topic: 'log-special', ...compacted })
  t.strictSame(spec('c12'), { topic: 'c12', ...compacted })
  const fallback = { partitions: 3, settings: { 'cleanup.policy': 'delete' } }
  for (const topic of ['xc12', 'log.x', 'other'])
    t.strictSame(spec(topic), { topic, ...fallback }, 'names match as a whole')
})

t.test('a connector without such keys leaves topics to the log', async (t) => {
  t.equal(TopicCreation.from({ topic: 'x' }), null)
  t.strictSame(topicCreationProblems({ topic: 'x' }), [])
})

t.test('-1 and nothing leave the numbers to the log and to the default group', async (t) => {
  const creation = TopicCreation.from({
    'topic.creation.groups': 'g',
    'topic.creation.g.include': 'a',
    'topic.creation.g.partitions': '-1',
    'topic.creation.default.partitions': '4',
    'topic.creation.default.replication.factor': '1',
  })
  t.strictSame(creation?.specOf('a'), { topic: 'a', replicationFactor: 1 })
  t.strictSame(creation?.specOf('b'), { topic: 'b', partitions: 4, replicationFactor: 1 })
})

t.test('every mistake is told on its key, in the words of Kafka Connect', async (t) => {
  const partitions = "Number of partitions must be positive, or -1 to use the broker's default"
  const copies =
    "Replication factor must be positive and not larger than the number of brokers in the Kafka cluster, or -1 to use the broker's default"
  const key = (name: string) => `topic.creation.${name}`
  t.strictSame(topicCreationProblems({ [key('groups')]: 'g' }), [
    [
      key('default.replication.factor'),
      `Missing required configuration "${key('default.replication.factor')}" which has no default value.`,
    ],
    [
      key('default.partitions'),
      `Missing required configuration "${key('default.partitions')}" which has no default value.`,
    ],
  ])
  const wrong = {
    [key('groups')]: 'g',
    [key('default.partitions')]: '0',
    [key('default.replication.factor')]: '40000',
    [key('g.include')]: 'a,(',
    [key('g.partitions')]: '-2',
    [key('g.replication.factor')]: '0',
  }
  t.match(topicCreationProblems(wrong), [
    [
      key('default.replication.factor'),
      `Invalid value 40000 for configuration ${key('default.replication.factor')}: Not a number of type SHORT`,
    ],
    [
      key('default.partitions'),
      `Invalid value 0 for configuration ${key('default.partitions')}: ${partitions}`,
    ],
    [
      key('g.include'),
      /^Invalid value \[a, \(\] for configuration topic\.creation\.g\.include: Syntax error in regular expression: /,
    ],
    [
      key('g.replication.factor'),
      `Invalid value 0 for configuration ${key('g.replication.factor')}: ${copies}`,
    ],
    [
      key('g.partitions'),
      `Invalid value -2 for configuration ${key('g.partitions')}: ${partitions}`,
    ],
  ])
  t.throws(() => TopicCreation.from(wrong), { code: 'CONNECT_CONFIG' })
})

t.test('keys of groups that are not listed mean nothing', async (t) => {
  const raw = { ...least, 'topic.creation.g.partitions': '1', 'topic.creation.defaults.x': '1' }
  t.strictSame(topicCreationKeys(raw), Object.keys(least))
})

/** A fake log: topics that are there, and what was asked of it. */
function fakeLog(options: { auto?: boolean; refusal?: Error } = {}) {
  const made: TopicSpec[] = []
  const log = {
    describeTopic: async (topic: string) => {
      const spec = made.find((each) => each.topic === topic)
      return spec ? { topic, partitions: spec.partitions ?? 9, settings: {} } : null
    },
    createTopic: async (spec: TopicSpec) => {
      if (options.refusal) throw options.refusal
      made.push(spec)
      return true
    },
    autoCreateTopic: async (topic: string) =>
      options.auto ? { topic, partitions: 2, settings: {} } : null,
  } as Partial<Log> as Log
  return { log, made }
}

t.test('a source learns of a topic by making it as the connector says', async (t) => {
  const { log, made } = fakeLog()
  const topics = new TopicPartitions(log, TopicCreation.from(least))
  await topics.learn('a')
  await topics.learn('a')
  t.strictSame(made, [{ topic: 'a', partitions: 3 }])
  t.equal(topics.get('a')?.partitions, 3)
})

t.test('a topic that cannot be made fails in words, unless it may be made later', async (t) => {
  const creation = TopicCreation.from(least)
  const cause = new ConnectException('not allowed')
  const refused = new TopicPartitions(fakeLog({ refusal: cause }).log, creation)
  await t.rejects(refused.learn('a'), {
    code: 'CONNECT_ERROR',
    message:
      'Task failed to create new topic {"topic":"a","partitions":3}. Ensure that the task is authorized to create topics or that the topic exists and restart the task',
    cause,
  })
  const away = new TopicPartitions(
    fakeLog({ refusal: new RetriableException('away') }).log,
    creation,
  )
  await t.rejects(away.learn('a'), { code: 'CONNECT_RETRIABLE' })
})

t.test('without such keys the log makes the topic, or the task fails in words', async (t) => {
  const { log, made } = fakeLog({ auto: true })
  const topics = new TopicPartitions(log, null)
  await topics.learn('a')
  t.equal(topics.get('a')?.partitions, 2)
  t.strictSame(made, [])
  await t.rejects(new TopicPartitions(fakeLog().log, null).learn('a'), {
    code: 'CONNECT_ERROR',
    message: 'Topic a does not exist, and the log does not make topics',
    hint: /topic\.creation\.default\.partitions/,
  })
})
