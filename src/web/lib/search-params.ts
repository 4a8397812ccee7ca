// The page's query string is the API's own: the same names, lists as repeated keys. What is copied from the one works
// in the other.

export type RawSearch = Readonly<Record<string, unknown>>

export function parseSearch(text: string): Record<string, string | string[]> {
  const found: Record<string, string | string[]> = {}
  for (const [key, value] of new URLSearchParams(text)) {
    const before = Object.hasOwn(found, key) ? found[key] : undefined
    if (before === undefined) found[key] = value
    else found[key] = Array.isArray(before) ? [...before, value] : [before, value]
  }
  return found
}

export function stringifySearch(search: RawSearch): string {
  const text = searchText(search)
  return text === '' ? '' : `?${text}`
}

/** Without the question mark, and the same for the same values: as views and preferences keep it. */
export function searchText(search: RawSearch): string {
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(search)) {
    for (const one of Array.isArray(value) ? (value as readonly unknown[]) : [value]) {
      if (one !== undefined && one !== null && one !== '') query.append(key, String(one))
    }
  }
  return query.toString()
}

/** Every value of a key, as text. */
export function valuesOf(raw: RawSearch, key: string): readonly string[] {
  const value = raw[key]
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  return list.filter(one => one !== undefined && one !== null && one !== '').map(String)
}

export function oneOf<T extends string>(raw: RawSearch, key: string, allowed: readonly T[]): T | undefined {
  const value = valuesOf(raw, key)[0]
  return allowed.find(one => one === value)
}
