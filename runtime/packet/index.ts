/** Captures and frames, octets to fields: pure functions, no I/O. What sources need of it. */
export { CaptureError, type CaptureTrouble } from './capture-error.ts'
export { CaptureReader, type ResumePoint } from './capture-reader.ts'
export { type Container, detectContainer } from './container.ts'
export { decodeFrame } from './decode-frame.ts'
export {
  type FieldPlan,
  type PlanNeeds,
  planFields,
  presetNames,
  resolveFields,
} from './field-plan.ts'
export {
  depth,
  type FieldKind,
  fieldText,
  type PacketField,
  packetField,
  packetFields,
} from './fields.ts'
export { Frame } from './frame.ts'
export type { Packet } from './packet.ts'
export type { SectionState } from './pcapng-format.ts'
export { decodeInterfaces, encodeInterfaces } from './pcapng-interface.ts'
