import { readFileSync } from 'node:fs'
import { ConnectException } from '../../api/errors.ts'
import { parseProperties, propertiesText } from '../../api/java-properties.ts'
import { allowedPath } from './allowed-paths.ts'
import type { ConfigProvider, ProviderSettings } from './provider.ts'

/** `${file:/path/of.properties:key}` */
export function fileProvider(settings: ProviderSettings): ConfigProvider {
  return {
    get(path, keys) {
      const file = path.trim() === '' ? null : allowedPath(path, settings)
      if (file === null) return {}
      const properties = read(file)
      const found = keys.filter((key) => Object.hasOwn(properties, key))
      return Object.fromEntries(found.map((key) => [key, properties[key] as string]))
    },
  }
}

/** I5: not what is wrong with its lines, which hold secrets. */
function read(file: string): Readonly<Record<string, string>> {
  try {
    return parseProperties(propertiesText(readFileSync(file)))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new ConnectException(`Could not read properties from file ${file}`, {
      hint: code === undefined ? 'It is no properties file.' : `It cannot be read: ${code}.`,
    })
  }
}
