import { envelopeText, plainText } from './texts.ts'

/** One path a record can take, the same configuration for both workers. */
export interface Case {
  readonly name: string
  readonly text: (i: number) => string
  /** The field the sink reads; none: the size of the bytes. */
  readonly field: string
  readonly config: Readonly<Record<string, string>>
}

const json = (hasSchema: boolean) => ({
  'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
  'value.converter.schemas.enable': String(hasSchema),
})

const transform = 'org.apache.kafka.connect.transforms'
const five = {
  transforms: 'insert,replace,time,cast,route',
  'transforms.insert.type': `${transform}.InsertField$Value`,
  'transforms.insert.static.field': 'site',
  'transforms.insert.static.value': 'lab',
  'transforms.replace.type': `${transform}.ReplaceField$Value`,
  'transforms.replace.exclude': 'note',
  'transforms.replace.renames': 'host:host_name',
  'transforms.time.type': `${transform}.TimestampConverter$Value`,
  'transforms.time.field': 'ts',
  'transforms.time.format': 'yyyy-MM-dd HH:mm:ss.SSS',
  'transforms.time.target.type': 'Timestamp',
  'transforms.cast.type': `${transform}.Cast$Value`,
  'transforms.cast.spec': 'src_port:string',
  'transforms.route.type': `${transform}.RegexRouter`,
  'transforms.route.regex': '(flows).*',
  'transforms.route.replacement': 'net.$1',
}

export const cases: readonly Case[] = [
  {
    name: 'bytes through',
    text: plainText,
    field: '',
    config: { 'value.converter': 'org.apache.kafka.connect.converters.ByteArrayConverter' },
  },
  { name: 'JSON, one field', text: plainText, field: 'seq', config: json(false) },
  {
    name: 'JSON, 5 transforms',
    text: plainText,
    field: 'seq',
    config: { ...json(false), ...five },
  },
  {
    name: 'JSON with schema, 5 transforms',
    text: envelopeText,
    field: 'seq',
    config: { ...json(true), ...five },
  },
]
