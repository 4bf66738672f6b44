/** Why a capture cannot be read on. The caller knows the file's name; here is the rest. */
export type CaptureTrouble = 'not-a-capture' | 'cut-short' | 'corrupt' | 'unsupported'

export class CaptureError extends Error {
  readonly trouble: CaptureTrouble
  /** Octet in the decompressed stream at which the unreadable header, record or block begins. */
  readonly position: number

  constructor(trouble: CaptureTrouble, position: number, message: string) {
    super(message)
    this.name = 'CaptureError'
    this.trouble = trouble
    this.position = position
  }
}
