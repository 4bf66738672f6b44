import { basename } from 'node:path'

/** By name, then by folder. */
export function inOrder(paths: readonly string[]): readonly string[] {
  return [...paths].sort(
    (one, other) => compare(basename(one), basename(other)) || compare(one, other),
  )
}

/** At most `max` groups of files, each of them in order. A file is never split: its packets stay in order. */
export function shareOut(paths: readonly string[], max: number): readonly (readonly string[])[] {
  const ordered = inOrder(paths)
  const groups = Math.min(max, ordered.length)
  return Array.from({ length: groups }, (_, group) =>
    ordered.filter((_path, index) => index % groups === group),
  )
}

/** `${file}` is the base name; what no topic may hold becomes `_`. */
export function topicFor(template: string, path: string): string {
  return template.replaceAll(/\$\{file\}/g, basename(path).replaceAll(/[^a-zA-Z0-9._-]/g, '_'))
}

function compare(one: string, other: string): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}
