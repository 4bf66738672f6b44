import { pathToFileURL } from 'node:url'
import t from 'tap'
import { parseConfig } from '../../../runtime/api/index.ts'
import { PluginRegistry } from '../../../runtime/plugins/registry.ts'

const acme = `
const config = {
  'table.name.format': { type: 'string', importance: 'high', doc: 'Table.', default: '\${topic}', dependents: ['pk.mode'] },
  'pk.mode': { type: 'string', importance: 'high', doc: 'Key.', default: 'none', recommended: (values) => [values['table.name.format']] },
  'batch.size': { type: 'int', importance: 'low', doc: 'Count.', default: 3000 },
}
export default [
  {
    kind: 'sink', name: 'AcmeSink', doc: 'Acme.', config, open() {},
    aliases: [
      { class: 'com.acme.AcmeSinkConnector', defaults: { 'batch.size': 10, 'pk.mode': 'kafka' } },
      { class: 'org.other.OtherSinkConnector', rename: { 'table.name.format': 'collection.name.format' } },
      {
        class: 'com.one.TwinSinkConnector', without: ['batch.size'],
        keys: { 'rows': { type: 'string', importance: 'low', doc: 'few or many', default: 'few' } },
        translate: (raw) => (raw.rows === 'many' ? { 'batch.size': '9000' } : {}),
      },
      { class: 'com.two.TwinSinkConnector' },
    ],
  },
  { kind: 'source', name: 'AcmeSource', class: 'org.acme.AcmeSourceConnector', version: '7.1', doc: 'Acme.', config: {}, open() {} },
]`
const cast = `export default { kind: 'transformation', name: 'Cast', class: 'org.apache.Cast', doc: '', config: {}, sides: ['key', 'value'], create() {} }`
const filter = `export default { kind: 'transformation', name: 'Filter', class: 'org.apache.Filter', doc: '', config: {}, reads: [], create() {} }`
const predicate = `export default { kind: 'predicate', name: 'HasKey', class: 'org.apache.HasKey', doc: '', config: {}, reads: [], create() {} }`
const json = `export default { kind: 'converter', name: 'JsonConverter', class: 'org.apache.JsonConverter', doc: '', config: {}, headers: true, create() {} }`
const simple = `export default { kind: 'header_converter', name: 'SimpleHeaderConverter', class: 'org.apache.SimpleHeaderConverter', doc: '', config: {}, create() {} }`

const tree = {
  connectors: { acme: { 'index.ts': acme }, broken: { 'index.ts': "import 'no-such-driver'" } },
  transforms: {
    'cast.ts': cast,
    'filter.ts': filter,
    parts: { 'not-a-plugin.ts': 'export const shared = 1' },
    predicates: { 'has-key.ts': predicate },
  },
  runtime: { converters: { 'json.ts': json, 'simple.ts': simple, 'nothing.ts': 'export {}' } },
}

t.test('the registry of a tree of plugins', async (t) => {
  const root = pathToFileURL(`${t.testdir(tree)}/`)
  const registry = await PluginRegistry.scan(root)

  t.test('lists sinks, sources, transformations, predicates, converters, by class name', (t) => {
    t.strictSame(
      registry.list().map((plugin) => `${plugin.kind} ${plugin.class}`),
      [
        'sink com.acme.AcmeSinkConnector',
        'sink com.one.TwinSinkConnector',
        'sink com.two.TwinSinkConnector',
        'sink org.other.OtherSinkConnector',
        'sink tapline.AcmeSink',
        'source org.acme.AcmeSourceConnector',
        'transformation org.apache.Cast$Key',
        'transformation org.apache.Cast$Value',
        'transformation org.apache.Filter',
        'predicate org.apache.HasKey',
        'converter org.apache.JsonConverter',
        'header_converter org.apache.JsonConverter',
        'header_converter org.apache.SimpleHeaderConverter',
      ],
    )
    t.end()
  })

  t.test('leaves out a declaration that cannot be loaded, and says which', (t) => {
    t.strictSame(registry.broken.map(({ path }) => path).sort(), [
      'connectors/broken/index.ts',
      'runtime/converters/nothing.ts',
    ])
    t.match(registry.broken[0]?.error.message, /no-such-driver/)
    t.end()
  })

  t.test('finds a plugin by full name, simple name and short name', (t) => {
    const classOf = (name: string) => registry.connector(name).class
    t.equal(classOf('org.acme.AcmeSourceConnector'), 'org.acme.AcmeSourceConnector')
    t.equal(classOf('AcmeSourceConnector'), 'org.acme.AcmeSourceConnector')
    t.equal(classOf('AcmeSource'), 'org.acme.AcmeSourceConnector')
    t.equal(classOf('OtherSink'), 'org.other.OtherSinkConnector')
    t.equal(registry.find(['transformation'], 'Filter')?.class, 'org.apache.Filter')
    t.equal(registry.find(['converter'], 'Json')?.class, 'org.apache.JsonConverter')
    t.equal(registry.find(['header_converter'], 'Simple')?.name, 'SimpleHeaderConverter')
    t.equal(registry.find(['converter'], 'Simple'), undefined)
    t.end()
  })

  t.test('a connector under its own name is meant before its aliases', (t) => {
    t.equal(registry.connector('AcmeSink').class, 'tapline.AcmeSink')
    t.equal(registry.connector('AcmeSinkConnector').class, 'tapline.AcmeSink')
    t.equal(registry.connector('com.acme.AcmeSinkConnector').class, 'com.acme.AcmeSinkConnector')
    t.end()
  })

  t.test('a short name that means several aliases is refused with their classes', (t) => {
    t.throws(() => registry.connector('TwinSink'), {
      code: 'CONNECT_BAD_REQUEST',
      message:
        'More than one connector matches alias TwinSink. Please use full package and class name instead. Classes found: com.one.TwinSinkConnector, com.two.TwinSinkConnector',
    })
    t.equal(registry.find(['sink'], 'TwinSink'), undefined)
    t.end()
  })

  t.test('an unknown connector is a bad request that names those there are', (t) => {
    t.throws(() => registry.connector('Nope'), {
      code: 'CONNECT_BAD_REQUEST',
      message:
        /^Failed to find any class that implements Connector and which name matches Nope, available connectors are: PluginDesc\{klass=class com\.acme\.AcmeSinkConnector, name='com\.acme\.AcmeSinkConnector', version='\d+\.\d+\.\d+', encodedVersion=\d+\.\d+\.\d+, type=sink, typeName='sink', location='classpath'\}, /,
    })
    t.equal(registry.find(['sink', 'source'], 'Nope'), undefined)
    t.end()
  })

  t.test('nested classes have no short names and know their side', (t) => {
    t.equal(registry.find(['transformation'], 'org.apache.Cast$Key')?.side, 'key')
    t.equal(registry.find(['transformation'], 'org.apache.Cast$Value')?.side, 'value')
    for (const name of ['Cast$Value', 'Value', 'Cast', 'org.apache.Cast'])
      t.equal(registry.find(['transformation'], name), undefined, name)
    t.strictSame(
      registry.nestedIn('org.apache.Cast').map((plugin) => plugin.class),
      ['org.apache.Cast$Key', 'org.apache.Cast$Value'],
    )
    t.end()
  })

  t.test("an alias has its own defaults, which the plugin's task gets too", (t) => {
    const alias = registry.connector('com.acme.AcmeSinkConnector')
    t.equal(alias.config['batch.size']?.default, 10)
    t.equal(registry.connector('AcmeSink').config['batch.size']?.default, 3000)
    t.match(parseConfig(alias.definition.config, alias.canonical({})), {
      'batch.size': 10,
      'pk.mode': 'kafka',
    })
    t.match(parseConfig(alias.definition.config, alias.canonical({ 'batch.size': '7' })), {
      'batch.size': 7,
    })
    t.end()
  })

  t.test('an alias renames keys, and what hangs on them', (t) => {
    const alias = registry.connector('org.other.OtherSinkConnector')
    t.strictSame(Object.keys(alias.config), ['collection.name.format', 'pk.mode', 'batch.size'])
    t.strictSame(
      alias.config['pk.mode']?.recommended?.({ 'collection.name.format': 'c' }),
      ['c'],
      'rules see the own names',
    )
    t.equal(alias.keyName('table.name.format'), 'collection.name.format')
    t.strictSame(
      alias.canonical({
        'collection.name.format': 'c',
        'table.name.format': 'a foreign key here',
        name: 'n',
      }),
      { 'table.name.format': 'c', name: 'n' },
    )
    t.end()
  })

  t.test('an alias may lack keys, and have others that mean something in ours', (t) => {
    const alias = registry.connector('com.one.TwinSinkConnector')
    t.strictSame(Object.keys(alias.config), ['table.name.format', 'pk.mode', 'rows'])
    t.match(parseConfig(alias.definition.config, alias.canonical({ rows: 'many' })), {
      'batch.size': 9000,
    })
    t.match(
      parseConfig(alias.definition.config, alias.canonical({ rows: 'few', 'batch.size': '7' })),
      { 'batch.size': 3000 },
      'a key that the class lacks means nothing',
    )
    t.end()
  })

  t.test("versions are the plugin's own or the host's", (t) => {
    t.equal(registry.connector('AcmeSource').version, '7.1')
    t.match(registry.connector('AcmeSink').version, /^\d+\.\d+\.\d+$/)
    t.end()
  })
})

t.test("the checkout's own plugins all load", async (t) => {
  const { broken } = await PluginRegistry.scan()
  t.strictSame(
    broken.map(({ path, error }) => `${path}: ${error.message}`),
    [],
  )
})
