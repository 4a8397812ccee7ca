import type { QueryField } from './fields.ts'
import { quoted } from './tokens.ts'

/** What may be written at a place of a query. */
export interface QueryCompletion {
  /** Replaces the text from `from` to `to`. */
  readonly text: string
  readonly from: number
  readonly to: number
  readonly about: string
}

const flags = ['true', 'false']
const ages = ['<7d', '<30d', '>30d', '>90d']

/** What fits at the cursor: names of fields at the start of a term, values of the field behind its colon. */
export function completeQuery(text: string, cursor: number, fields: readonly QueryField[]): readonly QueryCompletion[] {
  const before = /(?:^|\s)(-?)(?:([A-Za-z_][A-Za-z0-9_]*):)?([^\s":]*)$/.exec(text.slice(0, cursor))
  if (!before) return []
  const [, minus = '', name, written = ''] = before
  const to = cursor + (/^[^\s,]*/.exec(text.slice(cursor))?.[0].length ?? 0)
  if (name === undefined) return fieldsFor(written, minus, { from: cursor - written.length, to }, fields)
  const field = fields.find(candidate => candidate.names.includes(name.toLowerCase()))
  if (!field) return []
  const value = written.slice(written.lastIndexOf(',') + 1)
  return valuesFor(field, value, { from: cursor - value.length, to })
}

function fieldsFor(
  written: string,
  minus: string,
  place: { readonly from: number; readonly to: number },
  fields: readonly QueryField[],
): QueryCompletion[] {
  const start = written.toLowerCase()
  const possible = fields.filter(field => minus === '' || field.kind === 'set' || field.kind === 'flag')
  const byName = possible.filter(field => field.names[0].startsWith(start))
  // Other names are for those who know them already.
  const found = byName.length > 0 ? byName : possible.filter(field => field.names.some(name => name.startsWith(start)))
  return found.map(field => ({ ...place, text: `${field.names[0]}:`, about: field.about }))
}

function valuesFor(
  field: QueryField,
  written: string,
  place: { readonly from: number; readonly to: number },
): QueryCompletion[] {
  const values = field.kind === 'set' ? field.values : field.kind === 'flag' ? flags : field.kind === 'time' ? ages : []
  return values
    .filter(value => value.startsWith(written.toLowerCase()))
    .map(value => ({ ...place, text: quoted(value), about: field.about }))
}
