import t from 'tap'
import { ConfigException, type ConnectRecord, parseConfig } from '../../../runtime/api/index.ts'
import { PluginRegistry } from '../../../runtime/plugins/registry.ts'
import { StageException } from '../../../runtime/worker/stage-exception.ts'
import { TransformationChain } from '../../../runtime/worker/transformation-chain.ts'
import {
  errorDifference,
  failure,
  recordDifference,
  replay,
  toRecord,
  type Vector,
} from '../../helpers/vectors.ts'

const registry = await PluginRegistry.scan()

const served = [
  'Cast',
  'Filter',
  'InsertField',
  'RegexRouter',
  'ReplaceField',
  'TimestampConverter',
  'TopicNameMatches',
  'HasHeaderKey',
  'RecordIsTombstone',
]

for (const name of served) {
  t.test(`${name} answers as Kafka Connect does`, async (t) => {
    const isOurs = ({ plugin }: Vector) => plugin.split(/[.$]/).includes(name)
    replay(t, 'transforms', isOurs, difference)
  })
}

function difference(vector: Vector): string | undefined {
  const refusal = failure(() => configure(vector))
  if (vector.error?.phase === 'configure')
    return errorDifference(vector.error, firstProblem(refusal), { phase: 'configure' })
  if (refusal !== undefined)
    // What fails when the first record comes may fail before it.
    return vector.error?.loose ? undefined : `refused: ${(refusal as Error).message}`
  if (vector.configured) return undefined
  return vector.test === undefined ? applied(vector) : tested(vector)
}

function configure({ plugin, config }: Vector): void {
  const found = registry.find(['transformation', 'predicate'], plugin)
  if (found === undefined) throw new Error(`${plugin} is not there`)
  const parsed = parseConfig(found.definition.config, found.canonical(config))
  found.definition.create(parsed as never, found.side ?? 'value')
}

/** Connect stops at its first problem. */
function firstProblem(error: unknown): unknown {
  const [first] = error instanceof ConfigException ? error.problems : []
  return first === undefined ? error : new ConfigException([first])
}

function applied(vector: Vector): string | undefined {
  const chain = chainOf(vector)
  const record = toRecord(vector.input)
  const untouched = JSON.stringify(record, printable)
  let found: ConnectRecord | null = null
  const error = failure(() => {
    found = chain.apply(record)
  })
  if (JSON.stringify(record, printable) !== untouched) return 'the input was changed'
  if (vector.error) return errorDifference(vector.error, causeOf(error), { phase: 'apply' })
  return error === undefined
    ? recordDifference(vector.output, found)
    : `threw ${(error as Error).stack}`
}

function printable(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value
}

function causeOf(error: unknown): unknown {
  return error instanceof StageException ? error.cause : error
}

/** A predicate is seen by what a filter under it does. */
function tested(vector: Vector): string | undefined {
  const isTrue = chainOf(vector).apply(toRecord(vector.input)) === null
  return isTrue === vector.test ? undefined : `expected ${vector.test}, got ${isTrue}`
}

function chainOf({ plugin, config, test }: Vector): TransformationChain {
  const [list, alias] = test === undefined ? ['transforms', 't'] : ['predicates', 'p']
  const keys = Object.entries(config).map(([key, value]) => [`${list}.${alias}.${key}`, value])
  const filter = 'org.apache.kafka.connect.transforms.Filter'
  return TransformationChain.create(
    {
      transforms: 't',
      ...(test !== undefined && {
        predicates: 'p',
        'transforms.t.type': filter,
        'transforms.t.predicate': 'p',
      }),
      ...Object.fromEntries(keys),
      [`${list}.${alias}.type`]: plugin,
    },
    registry,
  )
}
