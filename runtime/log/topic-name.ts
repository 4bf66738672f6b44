import { ConnectException } from '../api/errors.ts'

const LEGAL = /^[a-zA-Z0-9._-]{1,249}$/

/** Kafka's rule, on every log, so that a topic of the embedded one can always move to a broker. */
export function checkTopicName(topic: string): void {
  if (LEGAL.test(topic) && topic !== '.' && topic !== '..') return
  throw new ConnectException(`Topic name ${JSON.stringify(topic.slice(0, 300))} is not valid`, {
    hint: 'A topic name has 1 to 249 of the characters a-z, A-Z, 0-9, dot, underscore and hyphen.',
  })
}
