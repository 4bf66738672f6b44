import t from 'tap'
import {
  type Converter,
  type ConverterDefinition,
  parseConfig,
} from '../../../runtime/api/index.ts'
import { JsonParser } from '../../../runtime/converters/json/json-parser.ts'
import definition from '../../../runtime/converters/json-converter.ts'
import {
  difference,
  errorDifference,
  failure,
  replay,
  toBytes,
  toSchema,
  toValue,
  type Vector,
  valueDifference,
} from '../../helpers/vectors.ts'

function converterOf(
  definition: ConverterDefinition,
  config: Readonly<Record<string, string | null>>,
): Converter {
  return definition.create(parseConfig(definition.config, config), 'value')
}

/** Numbers as they are written, in one order of members. */
function canonical(text: string): unknown {
  const tree = new JsonParser(text, (fraction) => ({
    fraction: Number(fraction),
    isFraction: true,
  }))
  return JSON.parse(
    JSON.stringify(tree.parse(), (_key, value) =>
      typeof value === 'bigint' ? `${value}n` : value,
    ),
  )
}

/** A map with other keys than texts is a set of pairs. */
function sortedPairs(tree: unknown): unknown {
  if (Array.isArray(tree)) {
    const items = tree.map(sortedPairs)
    const arePairs =
      items.length > 1 && items.every((item) => Array.isArray(item) && item.length === 2)
    return arePairs ? items.map((item) => JSON.stringify(item)).sort() : items
  }
  if (typeof tree !== 'object' || tree === null) return tree
  const members = Object.entries(tree).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(members.map(([key, value]) => [key, sortedPairs(value)]))
}

function differenceOf({ config, op, input, output, error }: Vector): string | undefined {
  let converter: Converter | undefined
  const refused = failure(() => {
    converter = converterOf(definition, config)
  })
  if (converter === undefined)
    return error ? errorDifference(error, refused, { phase: 'configure' }) : String(refused)
  if (op === 'configure') return error && 'configured'
  const ready = converter
  if (op === 'toConnectData') {
    let found: ReturnType<Converter['toConnect']> | undefined
    // The second time the envelope is known by its first bytes, the answer is the same.
    for (const time of ['first', 'second']) {
      const thrown = failure(() => {
        found = ready.toConnect('topic', toBytes(input))
      })
      const differs = error
        ? errorDifference(error, thrown, { phase: 'apply' })
        : thrown
          ? String((thrown as Error).stack)
          : found && valueDifference(output, found)
      if (differs) return `${time} time: ${differs}`
    }
    return undefined
  }
  let text: unknown
  const schema = toSchema(input.schema)
  const thrown = failure(() => {
    text = ready.fromConnect('topic', schema, toValue(schema, input.value))
  })
  if (error) return errorDifference(error, thrown, { phase: 'apply' })
  if (thrown) return String((thrown as Error).stack)
  const expected = toBytes(output)?.toString() ?? null
  if (text === expected) return undefined
  if (expected === null || typeof text !== 'string') return `expected ${expected}, got ${text}`
  return difference(sortedPairs(canonical(expected)), sortedPairs(canonical(text)), 'json')
}

t.test('JSON is read and written as Connect does', async (t) => {
  replay(t, 'json-converter', () => true, differenceOf)
})
