import { badRequest, json, Refusal } from './answer.ts'
import type { FindingRow } from './finding-row.ts'
import { readRange } from './score-range.ts'

/** `filter.0.filter`, `.quality`, `.value`, at most ten; and, or. */
export function readFilters(query: URLSearchParams): (row: FindingRow) => boolean {
  const tests: ((row: FindingRow) => boolean)[] = []
  for (let n = 0; query.has(`filter.${n}.filter`); n++) {
    if (n >= 10) throw badRequest('at most 10 filters')
    tests.push(
      readFilter(
        query.get(`filter.${n}.filter`)!,
        query.get(`filter.${n}.quality`) ?? 'eq',
        query.get(`filter.${n}.value`) ?? '',
      ),
    )
  }
  const isAny = query.get('filter.search_type') === 'or'
  return row => tests.length === 0 || (isAny ? tests.some(test => test(row)) : tests.every(test => test(row)))
}

function readFilter(name: string, quality: string, value: string): (row: FindingRow) => boolean {
  const names: Readonly<Record<string, (row: FindingRow) => string>> = {
    severity: row => ['Info', 'Low', 'Medium', 'High', 'Critical'][row.severity]!,
    'plugin.id': row => String(row.plugin.id),
    'plugin.family': row => row.plugin.family,
    'plugin.name': row => row.plugin.name,
  }
  const textIn = names[name]
  if (name === 'plugin.attributes.vpr.score') {
    const range = readRange({ vpr: { [quality]: Number(value) } }, 'vpr')!
    return row => row.plugin.vpr !== undefined && range.test(row.plugin.vpr)
  }
  if (textIn === undefined) {
    throw new Refusal(
      json({ error: 'Invalid filter', type: 'invalid_filter_value', filter_name: name, reason: 'unknown filter' }, 400),
    )
  }
  if (quality === 'neq') return row => textIn(row) !== value
  if (quality === 'match') return row => textIn(row).includes(value)
  return row => textIn(row) === value
}
