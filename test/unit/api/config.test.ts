import t from 'tap'
import {
  all,
  atLeast,
  between,
  type ConfigKey,
  type ConfigType,
  configDef,
  distinct,
  nonEmptyList,
  nonEmptyString,
  nonEmptyWithoutControls,
  nonNull,
  oneOfIgnoringCase,
  type Password,
  parseConfig,
  type RawConfig,
  uniqueAliases,
  type Validator,
  validateConfig,
} from '../../../runtime/api/index.ts'

function check(key: Partial<ConfigKey> & { type: ConfigType }, raw: RawConfig) {
  const [found] = validateConfig({ k: { importance: 'low', doc: '', ...key } }, raw)
  if (found === undefined) throw new Error('no answer')
  return found
}

t.test('texts are parsed as ConfigDef does', async (t) => {
  const cases: [ConfigType, string, unknown, string | null][] = [
    ['boolean', ' TRUE ', true, 'true'],
    ['boolean', 'false', false, 'false'],
    ['string', '  a b\t', 'a b', 'a b'],
    ['string', '\u00a0', '\u00a0', '\u00a0'],
    ['string', '', '', ''],
    ['class', ' org.X ', 'org.X', 'org.X'],
    ['int', ' +007 ', 7, '7'],
    ['int', '-2147483648', -2147483648, '-2147483648'],
    ['short', '32767', 32767, '32767'],
    ['long', '9223372036854775807', 2 ** 63, '9223372036854775807'],
    ['double', '1', 1, '1.0'],
    ['double', '-1.5e3d', -1500, '-1500.0'],
    ['double', '1e7', 1e7, '1.0E7'],
    ['double', '-Infinity', Number.NEGATIVE_INFINITY, '-Infinity'],
    ['list', 'a, ,b,', ['a', '', 'b', ''], 'a,,b,'],
    ['list', '', [], ''],
    ['list', ' a ', ['a'], 'a'],
  ]
  for (const [type, text, value, shown] of cases) {
    const found = check({ type }, { k: text })
    t.same(found.value, value, `${type} "${text}"`)
    t.equal(found.text, shown)
    t.same(found.errors, [])
  }
})

t.test('what cannot be parsed is said in Connect’s words and then validated as null', async (t) => {
  const cases: [ConfigType, string, string][] = [
    ['boolean', 'yes', 'Expected value to be either true or false'],
    ['boolean', '', 'Expected value to be either true or false'],
    ['int', '1.0', 'Not a number of type INT'],
    ['int', '2147483648', 'Not a number of type INT'],
    ['int', '0x10', 'Not a number of type INT'],
    ['short', '32768', 'Not a number of type SHORT'],
    ['long', '9223372036854775808', 'Not a number of type LONG'],
    ['double', '1,5', 'Not a number of type DOUBLE'],
  ]
  for (const [type, text, reason] of cases) {
    const found = check({ type, validator: nonNull }, { k: text })
    t.same(found.errors, [
      `Invalid value ${text} for configuration k: ${reason}`,
      'Invalid value null for configuration k: entry must be non null',
    ])
    t.equal(found.text, null)
  }
  t.same(check({ type: 'int', validator: atLeast(1) }, { k: 'x' }).errors, [
    'Invalid value x for configuration k: Not a number of type INT',
    'Invalid value null for configuration k: Value must be non-null',
  ])
})

t.test('a missing key takes its default, or is an error and validated as null', async (t) => {
  t.same(check({ type: 'int', default: 5 }, {}).value, 5)
  t.same(check({ type: 'double', default: 5 }, {}).text, '5.0')
  t.same(check({ type: 'string', oneOf: ['a', 'b'] }, {}).errors, [
    'Missing required configuration "k" which has no default value.',
    'Invalid value null for configuration k: String must be one of: a, b',
  ])
  t.same(check({ type: 'string', oneOf: ['a'], default: null }, {}).errors, [])
  t.same(check({ type: 'string', oneOf: ['a', 'b'], default: 'a' }, { k: 'A' }).errors, [
    'Invalid value A for configuration k: String must be one of: a, b',
  ])
  t.same(check({ type: 'string', oneOf: ['a', 'b'], default: 'a' }, { k: null }).errors, [
    'Invalid value null for configuration k: String must be one of: a, b',
  ])
  t.equal(check({ type: 'string', default: 'a' }, { k: null }).value, null, 'null is no absence')
  t.same(check({ type: 'string', default: 'x' }, Object.create({ k: 'inherited' })).value, 'x')
})

t.test('a password is shown nowhere', async (t) => {
  const refuse: Validator = () => 'too short'
  const found = check({ type: 'password', validator: refuse }, { k: ' hunter2 ' })
  t.equal((found.value as Password).reveal(), 'hunter2')
  t.equal(found.text, '[hidden]')
  t.same(found.errors, ['Invalid value [hidden] for configuration k: too short'])
  t.notMatch(JSON.stringify(found), /hunter2/)
  t.notMatch(`${found.value} ${JSON.stringify({ found })}`, /hunter2/)
  t.equal((check({ type: 'password', default: 'abc' }, {}).value as Password).reveal(), 'abc')
})

t.test('every problem of a configuration comes at once, with its key', async (t) => {
  const config = configDef({
    a: { type: 'int', importance: 'high', doc: '' },
    b: { type: 'boolean', importance: 'high', doc: '', default: true },
    'c.d': { type: 'list', importance: 'high', doc: '', validator: nonEmptyList },
  })
  t.same(parseConfig(config, { a: '1', 'c.d': 'x', foreign: 'y' }), { a: 1, b: true, 'c.d': ['x'] })
  t.throws(() => parseConfig(config, { b: 'maybe', 'c.d': '' }), {
    code: 'CONNECT_CONFIG',
    problems: [
      ['a', 'Missing required configuration "a" which has no default value.'],
      ['b', 'Invalid value maybe for configuration b: Expected value to be either true or false'],
      ['c.d', 'Invalid value [] for configuration c.d: Empty list'],
    ],
  })
})

t.test('a renamed key hands its value to its successor, unless that has one', async (t) => {
  const config = configDef({
    old: {
      type: 'int',
      importance: 'low',
      doc: '',
      default: null,
      deprecated: { since: '1', use: 'new' },
    },
    new: { type: 'int', importance: 'low', doc: '', default: 1 },
  })
  t.same(parseConfig(config, { old: '5' }), { old: 5, new: 5 })
  t.same(parseConfig(config, { old: '5', new: '6' }), { old: 5, new: 6 })
})

t.test('recommended values and visibility see the parsed values', async (t) => {
  const [, found] = validateConfig(
    {
      mode: { type: 'string', importance: 'low', doc: '', default: 'a' },
      k: {
        type: 'int',
        importance: 'low',
        doc: '',
        default: 1,
        recommended: ({ mode }) => (mode === 'a' ? [1, 2] : []),
        visible: ({ mode }) => mode === 'a',
      },
    },
    { mode: ' a ' },
  )
  t.same([found?.recommended, found?.visible], [['1', '2'], true])
})

t.test('the validators speak as Connect’s', async (t) => {
  const refusals: [Validator, unknown, unknown][] = [
    [atLeast(1), 0, 'Value must be at least 1'],
    [between(1, 3), 4, 'Value must be no more than 3'],
    [between(1, 3), 0, 'Value must be at least 1'],
    [between(1, 3), null, 'Value must be non-null'],
    [nonEmptyString, '', 'String must be non-empty'],
    [nonNull, null, 'entry must be non null'],
    [nonEmptyList, [], 'Empty list'],
    [oneOfIgnoringCase('A', 'B'), 'c', 'String must be one of (case insensitive): A, B'],
    [oneOfIgnoringCase('A', 'B'), null, 'String must be one of (case insensitive): A, B'],
    [uniqueAliases, ['a', 'a'], 'Duplicate alias provided.'],
    [nonEmptyWithoutControls, '', 'String may not be empty'],
    [
      nonEmptyWithoutControls,
      'a\n\u0085',
      'String may not contain control sequences but had the following ASCII chars: 10, 133',
    ],
    [
      distinct({ allowEmpty: true }),
      null,
      { message: "Configuration 'k' values must not be null." },
    ],
    [
      distinct({ allowEmpty: false }),
      [],
      { message: "Configuration 'k' must not be empty. Valid values include: any non-empty value" },
    ],
    [
      distinct({ allowEmpty: true }),
      ['a', 'a'],
      { message: "Configuration 'k' values must not be duplicated." },
    ],
    [
      distinct({ allowEmpty: true }),
      ['a', ''],
      { message: "Configuration 'k' values must not be empty." },
    ],
    [all(nonNull, nonEmptyString), null, 'entry must be non null'],
    [all(nonNull, nonEmptyString), '', 'String must be non-empty'],
  ]
  for (const [validator, value, problem] of refusals) t.same(validator(value, 'k'), problem)
  const passes: [Validator, unknown][] = [
    [atLeast(1), 1],
    [between(1, 3), 3],
    [nonEmptyString, null],
    [oneOfIgnoringCase('A', 'B'), 'a'],
    [uniqueAliases, ['a', 'b']],
    [nonEmptyWithoutControls, 'a b/ä'],
    [nonEmptyWithoutControls, null],
    [distinct({ allowEmpty: true }), []],
    [all(nonNull, nonEmptyString), 'x'],
  ]
  for (const [validator, value] of passes) t.equal(validator(value, 'k'), undefined)
})
