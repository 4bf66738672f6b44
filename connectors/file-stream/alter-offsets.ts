import { BadRequestException, ConnectException, type OffsetMap } from '../../runtime/api/index.ts'
import type { SourceConfig } from './config.ts'

/** Refuses what no task could go on from; whatever is there may be forgotten. */
export function checkOffsets(
  { file }: SourceConfig,
  offsets: readonly { readonly partition: OffsetMap; readonly offset: OffsetMap | null }[],
): void {
  if (file === null || file === '') {
    throw new ConnectException(
      "Offsets cannot be modified if the 'file' configuration is unspecified. This is because stdin is used for input and offsets are not tracked.",
    )
  }
  for (const { partition, offset } of offsets) {
    if (offset === null) continue
    const problem = problemOf(partition, offset)
    if (problem !== undefined) throw new BadRequestException(problem)
  }
}

function problemOf(partition: OffsetMap, { position }: OffsetMap): string | undefined {
  if (position === undefined) {
    return "Offset objects should either be null or contain the key 'position'"
  }
  if (!Number.isInteger(position) && typeof position !== 'bigint') {
    return "The value for the 'position' key in the offset is expected to be a Long value"
  }
  if (Number(position) < 0) {
    return "The value for the 'position' key in the offset should be a non-negative value"
  }
  return partition['filename'] === undefined
    ? "Partition objects should contain the key 'filename'"
    : undefined
}
