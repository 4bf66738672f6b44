import { execFileSync } from 'node:child_process'
import { isRoot } from './folders.ts'
import { runCommand } from './run-command.ts'

/** Of every machine. */
const nobody = 65534

/** Arguments of setpriv for servers that refuse root; none where nobody is root. */
export function asNobody(): readonly string[] {
  return isRoot() ? [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'] : []
}

export function giveToNobody(folder: string): void {
  if (isRoot()) execFileSync('chown', ['-R', `${nobody}:${nobody}`, folder])
}

export function runAsNobody(
  command: string,
  args: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly input?: string } = {},
): Promise<string> {
  const identity = asNobody()
  return identity.length > 0
    ? runCommand('setpriv', [...identity, command, ...args], options)
    : runCommand(command, args, options)
}
