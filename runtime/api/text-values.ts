/** Text ↔ values, as headers and some transformations have them (Connect's `Values`). */
export { convertValue } from './text/convert-value.ts'
export {
  lowLong,
  parseDecimal,
  toFloat32,
  toFloat64,
  wholeLong,
} from './text/decimal-number.ts'
export { inferSchema } from './text/infer-schema.ts'
export { parseText } from './text/parse-text.ts'
export { printValue } from './text/print-value.ts'
export { instantText } from './text/temporal-text.ts'
