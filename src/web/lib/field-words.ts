import type { QueryField } from '../../domain/query/index.ts'
import type { Field } from './filter-fields.ts'

/** The words of a query box for a list whose filter has no language of its own: each is the API's key. */
export function wordsOf(fields: readonly Field[]): readonly QueryField[] {
  return fields.flatMap((field): readonly QueryField[] => {
    const word = { names: [field.key] as const, key: field.key, about: field.label.toLowerCase() }
    switch (field.kind) {
      case 'set':
        return [{ ...word, kind: 'set', values: field.options.map(option => option.value) }]
      case 'ids':
        return [{ ...word, kind: 'numbers' }]
      case 'date':
        return timeWord(field.key, fields)
      case 'number':
        return []
      case 'text':
        // What stands alone is searched for.
        return field.key === 'q' ? [] : [{ ...word, kind: 'text' }]
      default:
        return [{ ...word, kind: field.kind }]
    }
  })
}

/** `…_from` and `…_to` are one word with a range. */
function timeWord(key: string, fields: readonly Field[]): readonly QueryField[] {
  if (key.endsWith('_to')) return []
  const name = key.replace(/_from$/, '')
  const to = `${name}_to`
  const about = name.replaceAll('_', ' ')
  return [{ names: [name], kind: 'time', from: key, about, ...(fields.some(field => field.key === to) ? { to } : {}) }]
}
