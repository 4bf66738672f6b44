import type { ConfigVariables } from './herder.ts'

/** A worker without config providers: every value is what it says. */
export const noVariables: ConfigVariables = {
  isReference: () => false,
  resolve: (config) => config,
}
