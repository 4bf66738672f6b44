import { tracingChannel } from 'node:diagnostics_channel'

/** Where a worker can be killed, for whoever looks from outside (`node:diagnostics_channel`); free while nobody does. */
export const phases = {
  /** Records and offsets of a source are handed to the log and not yet durable. */
  append: tracingChannel('tapline.append'),
  /** A sink has a batch in hand. */
  put: tracingChannel('tapline.put'),
  /** Offsets of a sink are handed to the log and not yet durable. */
  offset: tracingChannel('tapline.offset'),
}
