import { type ImportAction, importActions } from '../../contract/imports.ts'
import { oneOf, type RawSearch } from './search-params.ts'

/** What the URL of the imports page holds: which import, and which of its rows. */
export interface ImportSearch {
  readonly id?: number
  readonly show?: ImportAction | 'rejected' | 'kept'
}

export function readImportSearch(raw: RawSearch): ImportSearch {
  const id = Number(raw.id)
  const show = oneOf(raw, 'show', [...importActions, 'rejected', 'kept'] as const)
  return {
    ...(Number.isInteger(id) && id > 0 ? { id } : {}),
    ...(show === undefined ? {} : { show }),
  }
}
