import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { maskSecrets } from '../../../runtime/api/index.ts'
import { loadWorkerConfig } from '../../../runtime/config/worker-config.ts'

/** `${…}` */
const ref = (text: string) => `\${${text}}`
const javaPackage = 'org.apache.kafka.common.config.provider.'

function folderWithSecrets(t: Test) {
  const folder = t.testdir({
    'secrets.properties': 'user=me\npassword=p4ss:w\u00f6rd=\nempty=\n',
    kept: { token: 'line one\nline two\n', inner: { deep: 'no' } },
    elsewhere: { 'other.properties': 'x=y' },
  })
  return { folder, file: join(folder, 'secrets.properties'), kept: join(folder, 'kept') }
}

const providers = (more: Readonly<Record<string, string>> = {}) => ({
  'config.providers': 'file, dir,env',
  'config.providers.file.class': `${javaPackage}FileConfigProvider`,
  'config.providers.dir.class': 'DirectoryConfigProvider',
  'config.providers.env.class': 'EnvVar',
  ...more,
})

t.test('references are resolved as Kafka Connect resolves them', async (t) => {
  const { folder, file, kept } = folderWithSecrets(t)
  const env = { HOST: 'db.example', PGPORT: '5432' }
  const { variables } = loadWorkerConfig({ flags: providers(), env })
  const cases: [given: string, resolved: string][] = [
    ['plain', 'plain'],
    [`\${file:${file}:password}`, 'p4ss:w\u00f6rd='],
    [`a \${file:${file}:user} b \${env:HOST}:\${env:PGPORT}`, 'a me b db.example:5432'],
    [`\${dir:${kept}:token}`, 'line one\nline two\n'],
    [`\${file:${file}:empty}`, ''],
    [`\${file:${file}:none}`, `\${file:${file}:none}`],
    [ref('vault:x:y'), ref('vault:x:y')],
    [ref('topic'), ref('topic')],
    [ref('env:NONE'), ref('env:NONE')],
    [ref('file:key'), ref('file:key')],
    [`\${dir:${kept}:inner}`, `\${dir:${kept}:inner}`],
    [`\${dir:${kept}:../secrets.properties}`, `\${dir:${kept}:../secrets.properties}`],
    [`\${dir:${folder}/none:x}`, `\${dir:${folder}/none:x}`],
  ]
  for (const [given, resolved] of cases)
    t.strictSame(
      variables.resolve({ key: given, gone: null }),
      { key: resolved, gone: null },
      given,
    )
  const same = { a: 'plain', b: ref('vault:x:y') }
  t.equal(variables.resolve(same), same)
  t.ok(variables.isReference(`x\${file:${file}:none}`))
  t.notOk(variables.isReference(ref('vault:x:y')))

  t.throws(() => variables.resolve({ a: `\${file:${folder}/none:x}` }), {
    message: `Could not read properties from file ${folder}/none`,
  })
  t.throws(() => variables.resolve({ a: ref('env:some:HOST') }), {
    message: "Path is not supported for EnvVarConfigProvider, invalid value 'some'",
  })
  writeFileSync(file, 'password=changed')
  const now = variables.resolve({ a: `\${file:${file}:password}` })
  t.equal(now['a'], 'changed', 'each time it is asked for')
})

t.test('what a provider told is struck out wherever secrets are', async (t) => {
  const { file } = folderWithSecrets(t)
  const { variables } = loadWorkerConfig({ flags: providers() })
  writeFileSync(file, 'odd=canary-4711')
  t.equal(maskSecrets('it said canary-4711'), 'it said canary-4711')
  variables.resolve({ innocent: `\${file:${file}:odd}` })
  t.equal(maskSecrets('it said canary-4711'), 'it said [hidden]')
})

t.test('a provider tells only what it may', async (t) => {
  const { folder, kept } = folderWithSecrets(t)
  const { variables, onWarning } = loadWorkerConfig({
    flags: providers({
      'config.providers.file.param.allowed.paths': `/nowhere,${kept}/`,
      'config.providers.dir.param.allowed.paths': kept,
      'config.providers.env.param.allowlist.pattern': 'PUB.*',
    }),
    env: { PUBLIC: 'yes', PRIVATE_PUB: 'no' },
  })
  const warnings: string[] = []
  onWarning((warning) => warnings.push(warning))
  for (const given of [
    `\${file:${folder}/secrets.properties:user}`,
    `\${file:${kept}/../secrets.properties:user}`,
    `\${file:${kept}more/secrets.properties:user}`,
    `\${dir:${folder}/elsewhere:other.properties}`,
    ref('env:PRIVATE_PUB'),
  ])
    t.equal(variables.resolve({ a: given })['a'], given)
  t.equal(warnings.length, 4)
  t.match(warnings[0], /not within allowed\.paths/)
  t.equal(variables.resolve({ a: ref('env:PUBLIC') })['a'], 'yes')
  t.equal(variables.resolve({ a: `\${dir:${kept}:token}` })['a'], 'line one\nline two\n')
})

t.test("the worker's own file may refer to them", async (t) => {
  const { folder, file } = folderWithSecrets(t)
  writeFileSync(file, `dir=${folder}/data\nfactor=7`)
  const workerFile = join(folder, 'worker.properties')
  const lines = Object.entries({
    ...providers(),
    'data.dir': `\${file:${file}:dir}`,
    'offset.storage.partitions': `\${file:${file}:factor}`,
    'rest.advertised.host.name': ref('env:ADVERTISED'),
    'plugin.path': ref('env:ADVERTISED'),
  })
  writeFileSync(workerFile, lines.map(([key, value]) => `${key}=${value}`).join('\n'))
  const config = loadWorkerConfig({ file: workerFile, env: { ADVERTISED: 'here' } })
  t.equal(config.dataDir, join(folder, 'data'))
  t.equal(config.stores.offset.partitions, 7)
  t.equal(config.rest.advertised.host, 'here')
  t.notMatch(config.warnings.join(), /config\.providers/)
})

t.test('providers that cannot be made are told with their keys', async (t) => {
  const problemsOf = (flags: Readonly<Record<string, string>>) => {
    try {
      loadWorkerConfig({ flags })
      return []
    } catch (error) {
      return (error as { problems: [string, string][] }).problems
    }
  }
  t.match(problemsOf({ 'config.providers': 'a' }), [
    ['config.providers.a.class', /Missing required configuration/],
  ])
  t.match(problemsOf({ 'config.providers': 'a', 'config.providers.a.class': 'Vault' }), [
    ['config.providers.a.class', /Class Vault could not be found; there are FileConfigProvider/],
  ])
  t.match(problemsOf(providers({ 'config.providers.dir.param.allowed.paths': 'a/b' })), [
    ['config.providers.dir.class', /not absolute/],
  ])
  t.match(problemsOf(providers({ 'config.providers.env.param.allowlist.pattern': '(' })), [
    ['config.providers.env.class', /./],
  ])
  t.strictSame(problemsOf({ 'config.providers': '' }), [])
})
