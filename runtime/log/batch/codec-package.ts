import { createRequire } from 'node:module'
import { ConnectException } from '../../api/errors.ts'

const require = createRequire(import.meta.url)

/** A package that only batches of its codec need: loaded with the first of them. */
export function codecPackage<T>(name: string, codec: string): () => T {
  let loaded: T | undefined
  return () => {
    loaded ??= load<T>(name, codec)
    return loaded
  }
}

function load<T>(name: string, codec: string): T {
  try {
    return require(name) as T
  } catch (cause) {
    throw new ConnectException(`Batches compressed with ${codec} need the package ${name}`, {
      hint: `Install it beside the worker (npm install ${name}), or let the producer compress with gzip or zstd (compression.type).`,
      cause,
    })
  }
}
