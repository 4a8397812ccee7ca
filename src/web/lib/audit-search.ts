import type { AuditFilter } from '../../contract/audit.ts'
import { type RawSearch, valuesOf } from './search-params.ts'

export type AuditSearch = AuditFilter

const texts = ['action', 'actor', 'subject'] as const
const days = ['recorded_from', 'recorded_to'] as const

export function readAuditSearch(raw: RawSearch): AuditSearch {
  const found: Record<string, string> = {}
  for (const key of texts) {
    const [value = ''] = valuesOf(raw, key)
    if (value !== '') found[key] = value.slice(0, 100)
  }
  for (const key of days) {
    const [value = ''] = valuesOf(raw, key)
    if (/^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value))) found[key] = value
  }
  return found
}
