import { type FileHandle, open } from 'node:fs/promises'
import {
  ConnectException,
  javaText,
  RetriableException,
  type SinkRecord,
  type SinkTask,
} from '../../runtime/api/index.ts'
import type { SinkConfig } from './config.ts'

/** Where lines go: a file, or the standard output. */
interface Output {
  write(text: string): Promise<void>
  flush(): Promise<void>
  close(): Promise<void>
}

/** Appends the text of each value as a line. */
export class FileStreamSinkTask implements SinkTask {
  readonly #output: Output

  private constructor(output: Output) {
    this.#output = output
  }

  static async open({ file }: SinkConfig): Promise<FileStreamSinkTask> {
    return new FileStreamSinkTask(file === null ? standardOutput : await FileOutput.open(file))
  }

  put(records: readonly SinkRecord[]): Promise<void> {
    let text = ''
    for (const { valueSchema, value } of records) text += `${javaText(valueSchema, value)}\n`
    return this.#output.write(text)
  }

  flush(): Promise<void> {
    return this.#output.flush()
  }

  stop(): Promise<void> {
    return this.#output.close()
  }
}

class FileOutput implements Output {
  readonly #file: string
  readonly #handle: FileHandle
  #isTorn: boolean

  private constructor(file: string, handle: FileHandle, isTorn: boolean) {
    this.#file = file
    this.#handle = handle
    this.#isTorn = isTorn
  }

  static async open(file: string): Promise<FileOutput> {
    try {
      const handle = await open(file, 'a+')
      return new FileOutput(file, handle, await endsWithinLine(handle))
    } catch (error) {
      throw writeError(file, error)
    }
  }

  async write(text: string): Promise<void> {
    // What a kill or a full disk left of a line must not become part of the next one: that record comes again as a whole.
    const data = Buffer.from(this.#isTorn ? `\n${text}` : text)
    let written = 0
    try {
      while (written < data.length) {
        const { bytesWritten } = await this.#handle.write(data, written)
        written += bytesWritten
      }
      this.#isTorn = false
    } catch (error) {
      if (written > 0) this.#isTorn = data[written - 1] !== lineFeed
      throw writeError(this.#file, error)
    }
  }

  async flush(): Promise<void> {
    try {
      await this.#handle.datasync()
    } catch (error) {
      throw writeError(this.#file, error)
    }
  }

  close(): Promise<void> {
    return this.#handle.close()
  }
}

const lineFeed = 10

const standardOutput: Output = {
  write: (text) =>
    new Promise((resolve, reject) => {
      process.stdout.write(text, (error) => {
        if (error) reject(writeError('the standard output', error))
        else resolve()
      })
    }),
  flush: async () => {},
  close: async () => {},
}

async function endsWithinLine(handle: FileHandle): Promise<boolean> {
  const { size } = await handle.stat()
  if (size === 0) return false
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(1), 0, 1, size - 1)
  return bytesRead === 1 && buffer[0] !== lineFeed
}

const passing = new Set([
  'ENOSPC',
  'EDQUOT',
  'EMFILE',
  'ENFILE',
  'EIO',
  'EAGAIN',
  'ESTALE',
  'EROFS',
])

function writeError(file: string, error: unknown): Error {
  const { code = '', message } = error as NodeJS.ErrnoException
  const text = `Writing ${file} failed: ${message}`
  if (passing.has(code)) return new RetriableException(text, { cause: error })
  return new ConnectException(text, {
    cause: error,
    hint: 'Check that `file` is a file that the worker may write.',
  })
}
