import type { InitialState } from '../herder/herder.ts'
import { HttpError } from './http-error.ts'

const initialStates: readonly string[] = ['RUNNING', 'PAUSED', 'STOPPED'] satisfies InitialState[]

/** Any case; left out or null it is RUNNING. */
export function initialState(text: string | null | undefined): InitialState {
  const state = (text ?? 'RUNNING').toUpperCase()
  if (initialStates.includes(state)) return state as InitialState
  throw new HttpError(400, 'REST_BAD_BODY', {
    message: `Unknown initial_state "${text}"; it may be ${initialStates.join(', ')}`,
    pointer: '/initial_state',
  })
}
