/** JSON Schemas of what clients send: ajv checks bodies against them, the OpenAPI document shows them. */

const configMap = {
  type: 'object',
  description:
    'The settings of a connector. Numbers, true and false are kept as the text they have here.',
  additionalProperties: { type: ['string', 'number', 'boolean', 'null'] },
} as const

const scalar = { type: ['string', 'number', 'boolean', 'null'] } as const

const fields = { type: ['object', 'null'] } as const

export const bodies = {
  level: { type: 'object', properties: { level: scalar } },
  offsets: {
    type: 'object',
    additionalProperties: false,
    properties: {
      offsets: {
        type: ['array', 'null'],
        items: {
          type: 'object',
          additionalProperties: false,
          properties: {
            partition: {
              ...fields,
              description: "A source's own, or kafka_topic and kafka_partition.",
            },
            offset: { ...fields, description: "A source's own, or kafka_offset; null: forgotten." },
          },
        },
      },
    },
  },
  config: configMap,
  create: {
    type: 'object',
    required: ['config'],
    additionalProperties: false,
    properties: {
      name: { ...scalar, description: 'White space at both ends is cut.' },
      config: configMap,
      initial_state: { ...scalar, description: 'RUNNING (default), PAUSED or STOPPED, any case.' },
    },
  },
} as const

export type BodyName = keyof typeof bodies
