import {
  ConfigException,
  type ConnectRecord,
  parseConfig,
  type RawConfig,
  type RecordPart,
} from '../api/index.ts'
import type { PredicatePlugin, TransformationPlugin } from '../plugins/plugin.ts'
import {
  type AliasConfig,
  chainProblems,
  type Plugins,
  predicateConfigs,
  transformConfigs,
  withPrefix,
} from './chain-config.ts'
import { Passage } from './chain-passage.ts'
import { ConditionalStage, RecordStage, SidedStage, type Stage } from './stage.ts'
import { StageException, type StageName } from './stage-exception.ts'

/** The transformations of one connector task, in their order. Each stage plans once per schema, or list of keys, what it does to records of it. */
export class TransformationChain {
  readonly stages: readonly StageName[]
  /** The parts of a record that any stage looks at: the others may be left undecoded. */
  readonly reads: ReadonlySet<RecordPart>
  readonly #stages: readonly Stage[]
  readonly #passage = new Passage()

  private constructor(stages: readonly Stage[], names: readonly StageName[]) {
    this.#stages = stages
    this.stages = names
    this.reads = new Set(stages.flatMap(({ reads }) => reads))
  }

  /** From a connector's raw configuration: `transforms`, `transforms.ALIAS.…`, `predicates…`. Throws a ConfigException with every problem. */
  static create(raw: RawConfig, plugins: Plugins): TransformationChain {
    const problems = chainProblems(raw, plugins)
    if (problems.length > 0) throw new ConfigException(problems)
    const predicates = new Map(predicateConfigs(raw, plugins).map((each) => [each.alias, each]))
    const transforms = transformConfigs(raw, plugins)
    const stages = transforms.map((each) => {
      const predicate = each.predicate === null ? undefined : predicates.get(each.predicate)
      return predicate === undefined ? stageOf(each) : conditional(each, predicate)
    })
    const names = transforms.map((each, index) => ({
      index,
      alias: each.alias,
      class: pluginOf(each).class,
    }))
    return new TransformationChain(stages, names)
  }

  get isEmpty(): boolean {
    return this.#stages.length === 0
  }

  /**
   * Null: dropped. A record that no stage changes is returned as it is; the input is never changed. What a stage throws comes as a
   * StageException, which names the stage.
   */
  apply<R extends ConnectRecord>(record: R): R | null {
    const stages = this.#stages
    const passage = this.#passage
    passage.begin(record)
    let index = 0
    try {
      for (; index < stages.length; index++) {
        if (!(stages[index] as Stage).apply(passage)) return null
      }
    } catch (error) {
      throw new StageException(this.stages[index] as StageName, error)
    }
    // The copy has every member that the record had.
    return passage.current() as R
  }
}

/** chainProblems has refused what has none. */
function pluginOf<P extends TransformationPlugin | PredicatePlugin>(of: AliasConfig<P>): P {
  return of.plugin as P
}

function stageOf(of: AliasConfig<TransformationPlugin>): Stage {
  const { definition, side, canonical } = pluginOf(of)
  return made(of, () => {
    const config = parseConfig(definition.config, canonical(of.config))
    if (definition.sides === undefined)
      return new RecordStage(definition.create(config), definition.reads)
    const one = side ?? 'value'
    return new SidedStage(definition.create(config, one), one)
  })
}

function conditional(
  of: AliasConfig<TransformationPlugin>,
  predicateOf: AliasConfig<PredicatePlugin>,
): Stage {
  const { definition, canonical } = pluginOf(predicateOf)
  const predicate = made(predicateOf, () =>
    definition.create(parseConfig(definition.config, canonical(predicateOf.config))),
  )
  // Connect accepts blanks around the word and then reads it as false.
  const negate = of.negate?.toLowerCase() === 'true'
  return new ConditionalStage(stageOf(of), predicate, { reads: definition.reads, negate })
}

function made<T>({ prefix }: AliasConfig, make: () => T): T {
  try {
    return make()
  } catch (error) {
    throw withPrefix(error, prefix)
  }
}
