/**
 * One packet as its container describes it. A reader owns a single instance and overwrites it for each packet, so that
 * a million packets cost one object: take what you need before asking for the next.
 */
export class Packet {
  /** Packet number in the file, from 1. */
  number = 0
  /** Where the captured octets lie in the reader's `octets`, until the next `feed`. */
  start = 0
  captured = 0
  /** Length on the wire; a damaged or odd file may say less than was captured. */
  length = 0
  /** False for pcapng's simple packet blocks, which carry no time. */
  hasTime = false
  seconds = 0
  nanoseconds = 0
  linkType = 0
  /** Octets of frame check sequence at the end of the frame, as far as the container says. */
  fcsLength = 0
  /** -1 where the container knows no interfaces (pcap). */
  interfaceId = -1
  interfaceName: string | undefined = undefined
  /** Octet of the record's header in the decompressed stream, and the octet after the record. */
  position = 0
  next = 0
}
