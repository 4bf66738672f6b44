/** A translated piece and what the pieces around it must know. */
export interface Piece {
  readonly source: string
  /** Capturing groups in it, and those of them that every match of it fills. */
  readonly groups: readonly number[]
  readonly sure: readonly number[]
  readonly canBeEmpty: boolean
  /** Whether at some place it tries to match nothing before it tries to match something. */
  readonly prefersEmpty: boolean
  readonly isBounded: boolean
}

export const plain = {
  groups: [],
  sure: [],
  canBeEmpty: false,
  prefersEmpty: false,
  isBounded: true,
} as const
export const looking = { canBeEmpty: true, prefersEmpty: false, isBounded: true } as const
export const assertion = { ...plain, ...looking } as const

export function alternativesOf(branches: readonly [Piece, ...Piece[]]): Piece {
  const [first, ...others] = branches
  if (others.length === 0) return first
  return {
    source: branches.map(({ source }) => source).join('|'),
    groups: branches.flatMap(({ groups }) => groups),
    sure: first.sure.filter((group) => others.every(({ sure }) => sure.includes(group))),
    canBeEmpty: branches.some(({ canBeEmpty }) => canBeEmpty),
    prefersEmpty:
      branches.some(({ prefersEmpty }) => prefersEmpty) ||
      branches.slice(0, -1).some(({ canBeEmpty }) => canBeEmpty),
    isBounded: branches.every(({ isBounded }) => isBounded),
  }
}

export function sequenceOf(pieces: readonly Piece[]): Piece {
  return {
    source: pieces.map(({ source }) => source).join(''),
    groups: pieces.flatMap(({ groups }) => groups),
    sure: pieces.flatMap(({ sure }) => sure),
    canBeEmpty: pieces.every(({ canBeEmpty }) => canBeEmpty),
    prefersEmpty: pieces.some(({ prefersEmpty }) => prefersEmpty),
    isBounded: pieces.every(({ isBounded }) => isBounded),
  }
}
