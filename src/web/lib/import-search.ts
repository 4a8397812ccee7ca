import type { ImportAction } from '../../contract/imports.ts'
import { oneOf, type RawSearch } from './search-params.ts'

/** What the URL of the imports page holds: which import, and which of its rows. */
export interface ImportSearch {
  readonly id?: number
  readonly show?: ImportAction | 'rejected' | 'kept'
}

/** Apart from the contract, whose schemas the first page need not carry. */
const actions = [
  ...([
    'open',
    'add_fixed',
    'return',
    'reopen',
    'close',
    'change',
    'update',
    'same',
    'older',
    'absent',
    'gone',
  ] as const),
] as const satisfies readonly ImportAction[]

export function readImportSearch(raw: RawSearch): ImportSearch {
  const id = Number(raw.id)
  const show = oneOf(raw, 'show', [...actions, 'rejected', 'kept'] as const)
  return {
    ...(Number.isInteger(id) && id > 0 ? { id } : {}),
    ...(show === undefined ? {} : { show }),
  }
}
