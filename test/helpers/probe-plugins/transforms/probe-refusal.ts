import {
  configDef,
  DataException,
  defineTransformation,
  RetriableException,
} from '../../../../runtime/api/index.ts'

/** Refuses the records with certain values. */
export default defineTransformation({
  name: 'ProbeRefusal',
  class: 'tapline.ProbeRefusal',
  doc: 'Refuses records.',
  config: configDef({
    values: { type: 'list', importance: 'high', doc: 'The values that it refuses.' },
    times: { type: 'int', importance: 'low', doc: 'How often each; 0: always.', default: 0 },
    retriable: {
      type: 'boolean',
      importance: 'low',
      doc: 'Whether it says that it may be tried again.',
      default: false,
    },
  }),
  reads: ['value'],
  create(config) {
    const refused = new Map<string, number>()
    return {
      apply({ value }) {
        const text = String(value).trim()
        if (!config.values.includes(text)) return {}
        const count = (refused.get(text) ?? 0) + 1
        refused.set(text, count)
        if (config.times > 0 && count > config.times) return {}
        if (config.retriable) throw new RetriableException(`${text} may be tried again`)
        throw new DataException(`${text} is refused, whatever hunter2 says`)
      },
    }
  },
})
