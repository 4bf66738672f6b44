import { INT64, OPTIONAL_STRING, Schema, STRING, Struct } from '../../runtime/api/index.ts'
import {
  depth,
  type Frame,
  fieldText,
  type PlanNeeds,
  packetField,
} from '../../runtime/packet/index.ts'

/** How records get their keys. */
export interface KeyForm {
  readonly schema: Schema | null
  /** What must be decoded for it. */
  readonly needs: PlanNeeds
  /** Null when the packet has nothing to make a key of. */
  key(frame: Frame, file: string, packet: number): unknown
}

/** `form` was validated: none, 5tuple, mac, position or field:NAME. */
export function keyForm(form: string): KeyForm {
  switch (form) {
    case 'none':
      return { schema: null, needs: {}, key: () => null }
    case '5tuple':
      return {
        schema: OPTIONAL_STRING,
        needs: { depth: depth.transport },
        key: (frame) => conversationKey(frame),
      }
    case 'mac':
      return {
        schema: OPTIONAL_STRING,
        needs: { wantsSender: true },
        key: (frame) => frame.sender || null,
      }
    case 'position':
      return {
        schema: positionSchema,
        needs: {},
        key: (_frame, file, packet) => new Struct(positionSchema, [file, BigInt(packet)]),
      }
    default:
      return fieldKey(form.slice('field:'.length))
  }
}

const positionSchema = new Schema({
  type: 'struct',
  name: 'tapline.pcap.Position',
  fields: [
    { name: 'file', schema: STRING },
    { name: 'packet', schema: INT64 },
  ],
})

function fieldKey(name: string): KeyForm {
  const field = packetField(name)!
  return {
    schema: OPTIONAL_STRING,
    needs: { fields: [field] },
    key(frame) {
      const first = frame.first(field.slot)
      return first === undefined ? null : fieldText(field.kind, first)
    },
  }
}

/** `6,10.0.0.1,80,10.0.0.2,51000`: the lesser endpoint first, so that both directions share a key and with it a partition. */
function conversationKey({ conversation }: Frame): string | null {
  if (conversation.proto < 0) return null
  const { proto, src, dst, srcPort, dstPort } = conversation
  const isForward = src < dst || (src === dst && srcPort <= dstPort)
  const from = `${src},${srcPort < 0 ? '' : srcPort}`
  const to = `${dst},${dstPort < 0 ? '' : dstPort}`
  return isForward ? `${proto},${from},${to}` : `${proto},${to},${from}`
}
