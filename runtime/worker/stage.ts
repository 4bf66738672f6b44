import type {
  KeysPlan,
  Predicate,
  RecordPart,
  RecordTransformation,
  Schema,
  SchemaPlan,
  Side,
  SidedTransformation,
} from '../api/index.ts'
import type { Part, Passage } from './chain-passage.ts'
import { Shape } from './chain-shape.ts'
import { StagePlans } from './stage-plans.ts'

/** One transformation of a chain. */
export interface Stage {
  readonly reads: readonly RecordPart[]
  /** False: the record is dropped. */
  apply(passage: Passage): boolean
}

/** Works on the key or the value. */
export class SidedStage implements Stage {
  readonly reads: readonly RecordPart[]
  readonly #side: Side
  readonly #transformation: SidedTransformation
  readonly #plans: StagePlans<Schema, SchemaPlan>
  readonly #shapePlans: StagePlans<Shape, ShapePlan | undefined> | undefined

  constructor(transformation: SidedTransformation, side: Side) {
    this.reads = [side]
    this.#side = side
    this.#transformation = transformation
    this.#plans = new StagePlans((schema) => transformation.plan(schema))
    if (transformation.planKeys)
      this.#shapePlans = new StagePlans((shape) =>
        shapePlan(shape, transformation.planKeys?.(shape.keys)),
      )
  }

  apply(passage: Passage): boolean {
    const part = this.#side === 'key' ? passage.key : passage.value
    const { schema } = part
    if (schema === null) this.#applySchemaless(part, passage)
    else {
      const plan = this.#plans.get(schema)
      const value = part.value
      if (value === null && plan.mapsNull !== true) return true
      const mapped = plan.map(value, passage.record)
      if (mapped !== value || !isSame(schema, plan.schema)) part.set(plan.schema, mapped)
    }
    return true
  }

  #applySchemaless(part: Part, passage: Passage): void {
    if (this.#shapePlans !== undefined && part.spread()) {
      const found = this.#shapePlans.get(part.shape as Shape)
      if (found !== undefined) {
        const values = found.plan.map(part.values, passage.record)
        if (values !== part.values || found.shape !== part.shape)
          part.setSpread(found.shape, values)
        return
      }
    }
    const { value } = part
    const mapped = this.#transformation.map(value, passage.record)
    if (mapped !== value) part.set(null, mapped)
  }
}

function isSame(schema: Schema, planned: Schema | null): boolean {
  return planned === schema || schema.equals(planned)
}

interface ShapePlan {
  readonly plan: KeysPlan
  readonly shape: Shape
}

function shapePlan(shape: Shape, plan: KeysPlan | undefined): ShapePlan | undefined {
  return plan && { plan, shape: plan.keys === shape.keys ? shape : new Shape(plan.keys) }
}

/** Works on the record as a whole. */
export class RecordStage implements Stage {
  readonly reads: readonly RecordPart[]
  readonly #transformation: RecordTransformation
  readonly #readsParts: boolean

  constructor(transformation: RecordTransformation, reads: readonly RecordPart[]) {
    this.reads = reads
    this.#readsParts = readsKeyOrValue(reads)
    this.#transformation = transformation
  }

  apply(passage: Passage): boolean {
    const patch = this.#transformation.apply(passage.seenBy(this.#readsParts))
    if (patch === null) return false
    passage.patch(patch)
    return true
  }
}

/** Applies another stage to the records for which a predicate holds, or does not; the others pass as they are. */
export class ConditionalStage implements Stage {
  readonly reads: readonly RecordPart[]
  readonly #stage: Stage
  readonly #predicate: Predicate
  readonly #negate: boolean
  readonly #readsParts: boolean

  constructor(
    stage: Stage,
    predicate: Predicate,
    options: { readonly reads: readonly RecordPart[]; readonly negate: boolean },
  ) {
    this.reads = [...stage.reads, ...options.reads]
    this.#stage = stage
    this.#predicate = predicate
    this.#negate = options.negate
    this.#readsParts = readsKeyOrValue(options.reads)
  }

  apply(passage: Passage): boolean {
    const record = passage.seenBy(this.#readsParts)
    if (this.#predicate.test(record) === this.#negate) return true
    return this.#stage.apply(passage)
  }
}

function readsKeyOrValue(reads: readonly RecordPart[]): boolean {
  return reads.includes('key') || reads.includes('value')
}
