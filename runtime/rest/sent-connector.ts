import { BadRequestException } from '../api/errors.ts'
import type { InitialState, SentConfig } from '../herder/herder.ts'
import { HttpError } from './http-error.ts'

/** The config with the connector's name inside, which must be the one that was asked for. */
export function withName(config: SentConfig, name: string): SentConfig {
  const included = config['name'] ?? null
  if (included === null) return { ...config, name }
  if (included === name) return config
  throw new BadRequestException(
    `Connector name configuration (${included}) doesn't match connector name in the URL (${name})`,
  )
}

const initialStates: readonly string[] = ['RUNNING', 'PAUSED', 'STOPPED'] satisfies InitialState[]

export function initialState(text: string | null | undefined): InitialState {
  const state = (text ?? 'RUNNING').toUpperCase()
  if (initialStates.includes(state)) return state as InitialState
  throw new HttpError(400, 'REST_BAD_BODY', {
    message: `Unknown initial_state "${text}"; it may be ${initialStates.join(', ')}`,
    pointer: '/initial_state',
  })
}
