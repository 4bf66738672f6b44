import { AnswerException } from './broker-error.ts'
import type { KafkaRequest } from './request.ts'
import { WireReader } from './wire-reader.ts'

/**
 * What the broker answered to `request`; `bytes` is all that follows the correlation id. An answer that is cut, garbled or longer than it
 * should be is an AnswerException that names the request.
 */
export async function decodeAnswer<T>(request: KafkaRequest<T>, bytes: Buffer): Promise<T> {
  const reader = new WireReader(bytes)
  try {
    if (request.isFlexible) reader.tags()
    const answer = await request.decode(reader)
    if (reader.remaining > 0) throw new RangeError(`${reader.remaining} bytes follow its end`)
    return answer
  } catch (error) {
    throw error instanceof RangeError ? new AnswerException(request, error) : error
  }
}
