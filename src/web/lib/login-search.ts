import { type RawSearch, valuesOf } from './search-params.ts'

export interface LoginSearch {
  /** Where the person was going. */
  readonly return_to?: string
  /** The code of what the identity provider's way back ended with, and its request. */
  readonly refused?: string
  readonly request?: string
}

export function readLoginSearch(raw: RawSearch): LoginSearch {
  const [returnTo] = valuesOf(raw, 'return_to')
  const [refused] = valuesOf(raw, 'refused')
  const [request] = valuesOf(raw, 'request')
  return {
    ...(returnTo === undefined ? {} : { return_to: returnTo }),
    ...(refused === undefined ? {} : { refused }),
    ...(request === undefined ? {} : { request }),
  }
}
