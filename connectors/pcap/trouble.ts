import { ConnectException, RetriableException } from '../../runtime/api/index.ts'
import type { CaptureError } from '../../runtime/packet/index.ts'

const hints: Readonly<Record<string, readonly [what: string, hint: string]>> = {
  ENOENT: [
    'does not exist',
    'Check pcap.path; a relative path starts at the folder that the worker was started in.',
  ],
  ENOTDIR: ['does not exist', 'A part of the path in pcap.path is a file, not a folder.'],
  EACCES: [
    'may not be read',
    'Give the user that runs the worker the right to read it (chmod a+r, or its group).',
  ],
  EPERM: [
    'may not be read',
    'Give the user that runs the worker the right to read it (chmod a+r, or its group).',
  ],
}

/** The system refused a file. Troubles that may pass are retried (I2). */
export function fileTrouble(path: string, error: NodeJS.ErrnoException): ConnectException {
  const known = hints[error.code ?? '']
  if (known !== undefined)
    return new ConnectException(`Capture "${path}" ${known[0]}`, { hint: known[1], cause: error })
  return new RetriableException(`Capture "${path}" cannot be read: ${error.message}`, {
    hint: 'Check the disk or the network share that it is on.',
    cause: error,
  })
}

export function notAFile(path: string, what: string): ConnectException {
  return new ConnectException(`"${path}" is a ${what}, not a capture file`, {
    hint: 'Name the capture files in pcap.path: folders, FIFOs and devices are not available yet.',
  })
}

/** `path` cannot be read on as a capture. */
export function captureTrouble(path: string, error: CaptureError): ConnectException {
  const where = error.position === 0 ? '' : ` at octet ${error.position}`
  return new ConnectException(`Capture "${path}"${where}: ${error.message}`, {
    hint: hintFor(error),
    cause: error,
  })
}

function hintFor({ trouble }: CaptureError): string {
  switch (trouble) {
    case 'not-a-capture':
      return 'Only pcap and pcapng are read, plain or compressed with gzip or zstd. Remove the file from pcap.path, or set pcap.on.corrupt=skip-file.'
    case 'unsupported':
      return 'Rewrite the capture, for example with editcap, or set pcap.on.corrupt=skip-file.'
    default:
      return 'All packets before this were delivered. Set pcap.on.corrupt=skip-file to go on with the next file, or replace this one by a whole copy under another name.'
  }
}

/** The source offset was made from other contents. */
export function changedFile(path: string, what: string): ConnectException {
  return new ConnectException(`Capture "${path}" is not the one that was read before: ${what}`, {
    hint: 'Give new captures new names, or stop the connector and delete its offsets to read this one from its start.',
  })
}
