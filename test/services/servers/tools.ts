import { debianCommand } from '../debian.ts'
import type { ServerKind } from '../server.ts'

/** Programs of Debian, of which nothing runs by itself: `info` names the path of each command. */
function debianTool(
  name: string,
  commands: readonly string[],
  packages: readonly string[],
): ServerKind {
  const paths = async () => {
    const found: Record<string, string> = {}
    for (const command of commands) found[command] = await debianCommand(command, packages)
    return found
  }
  return {
    name,
    install: async () => {
      await paths()
    },
    tool: async () => ({ name, host: '127.0.0.1', port: 0, info: await paths() }),
  }
}

export const tshark = debianTool('tshark', ['tshark', 'dumpcap', 'capinfos'], ['tshark'])
export const kcat = debianTool('kcat', ['kcat'], ['kcat'])
/** As root it wants --no-sandbox. */
export const chromium = debianTool('chromium', ['chromium'], ['chromium'])
