import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  assetQueryFields,
  completeQuery,
  findingQueryFields,
  parseQuery,
  printQuery,
  type QueryField,
  type QueryFilter,
  type QueryValue,
  resolveAgo,
  unprintable,
} from './index.ts'

const read = (text: string) => parseQuery(text, findingQueryFields)

describe('what a query means', () => {
  const cases: { query: string; filter: QueryFilter }[] = [
    { query: '', filter: {} },
    { query: 'severity:critical', filter: { severity: ['critical'] } },
    { query: 'sev:high,critical', filter: { severity: ['high', 'critical'] } },
    { query: 'SEVERITY:Critical', filter: { severity: ['critical'] } },
    { query: '-severity:info', filter: { severity: ['low', 'medium', 'high', 'critical'] } },
    { query: 'kev:true exploit:no', filter: { is_kev: true, exploit_available: false } },
    { query: '-kev:true', filter: { is_kev: false } },
    { query: 'tag:"Env:Prod" tag:Owner', filter: { tag: ['Env:Prod', 'Owner'] } },
    { query: 'tag:"say \\"hi\\", all"', filter: { tag: ['say "hi", all'] } },
    { query: 'port:443,8443 plugin:19506', filter: { port: [443, 8443], plugin_id: [19_506] } },
    { query: 'vpr:>=7', filter: { vpr_min: 7 } },
    { query: 'vpr:>7', filter: { vpr_min: 7.1 } },
    { query: 'vpr:<9', filter: { vpr_max: 8.9 } },
    { query: 'vpr:7..9', filter: { vpr_min: 7, vpr_max: 9 } },
    { query: 'cvss:9.8', filter: { cvss_min: 9.8, cvss_max: 9.8 } },
    { query: 'epss:>0.5', filter: { epss_min: 0.500_01 } },
    { query: 'age:>30d', filter: { first_found_to: '-30d' } },
    { query: 'age:7d..30d', filter: { first_found_from: '-30d', first_found_to: '-7d' } },
    { query: 'last_found:<12h', filter: { last_found_from: '-12h' } },
    { query: 'last_found:2026-11-01', filter: { last_found_from: '2026-11-01', last_found_to: '2026-11-02' } },
    { query: 'fixed:2026-11-01..2026-11-30', filter: { last_fixed_from: '2026-11-01', last_fixed_to: '2026-12-01' } },
    { query: 'last_found:>2026-12-31', filter: { last_found_from: '2027-01-01' } },
    { query: 'last_found:>=2026-11-01T10:00:00Z', filter: { last_found_from: '2026-11-01T10:00:00Z' } },
    { query: 'apache "log4j 2" kev:yes', filter: { q: 'apache log4j 2', is_kev: true } },
    { query: 'http://x', filter: { q: 'http://x' } },
  ]
  for (const { query, filter } of cases) {
    // A word with a colon that is no field of ours is a mistake, but an address is not.
    test(query || '(nothing)', () => {
      const parsed = read(query)
      if (query === 'http://x') expect(parsed.problems).toMatchObject([{ from: 0, to: 4 }])
      else expect(parsed).toEqual({ filter, problems: [] })
    })
  }
})

describe('what is not understood is said where it is', () => {
  const cases: { query: string; at: [number, number]; says: RegExp }[] = [
    { query: 'kev:true severty:high', at: [9, 16], says: /no field severty\. Did you mean severity/ },
    { query: 'severity:critcal', at: [9, 16], says: /Did you mean critical/ },
    { query: 'severity:high,bad', at: [14, 17], says: /one of info, low, medium, high, critical/ },
    { query: 'kev:maybe', at: [4, 9], says: /kev:true or kev:false/ },
    { query: 'port:http', at: [5, 9], says: /is a number/ },
    { query: 'vpr:x', at: [4, 5], says: />=7/ },
    { query: 'vpr:9..7', at: [4, 8], says: /9 is more than 7/ },
    { query: 'age:2026-01-01', at: [4, 14], says: />30d/ },
    { query: 'last_found:30d', at: [11, 14], says: /<30d/ },
    { query: 'last_found:2026-02-30', at: [11, 21], says: /Write a date/ },
    { query: 'severity:', at: [0, 9], says: /a value after severity/ },
    { query: 'tag:"Env', at: [4, 8], says: /not closed/ },
    { query: 'severity:high severity:low', at: [14, 26], says: /said twice/ },
    { query: '-tag:x', at: [0, 6], says: /cannot be excluded/ },
    { query: 'vpr:7,8', at: [6, 7], says: /takes one value/ },
  ]
  for (const { query, at, says } of cases) {
    test(query, () => {
      const [problem, ...more] = read(query).problems
      expect(more).toEqual([])
      expect([problem?.from, problem?.to]).toEqual(at)
      expect(problem?.message).toMatch(says)
    })
  }
})

const word = fc.string({ minLength: 1, maxLength: 20, unit: 'binary' }).filter(text => text.trim() !== '')
const time = fc.oneof(
  fc
    .date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
    .map(at => at.toISOString()),
  fc
    .date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
    .map(at => at.toISOString().slice(0, 10)),
  fc.tuple(fc.integer({ min: 0, max: 99_999 }), fc.constantFrom('m', 'h', 'd', 'w')).map(([n, unit]) => `-${n}${unit}`),
)

/** Filters as a page, a program or a saved view would hold them. */
function filters(fields: readonly QueryField[]): fc.Arbitrary<QueryFilter> {
  const keys: Record<string, fc.Arbitrary<QueryValue>> = {
    q: fc.array(word, { minLength: 1 }).map(words => words.join(' ')),
  }
  for (const field of fields) {
    if (field.kind === 'set') keys[field.key] = fc.subarray([...field.values], { minLength: 1 })
    else if (field.kind === 'flag') keys[field.key] = fc.boolean()
    else if (field.kind === 'text') keys[field.key] = word
    else if (field.kind === 'texts') keys[field.key] = fc.uniqueArray(word, { minLength: 1, maxLength: 4 })
    else if (field.kind === 'numbers') keys[field.key] = fc.uniqueArray(fc.nat(), { minLength: 1, maxLength: 4 })
    else if (field.kind === 'range') {
      for (const key of [field.min, field.max]) keys[key] = fc.integer({ min: 0, max: 100_000 }).map(n => n / 10_000)
    } else for (const key of [field.from, field.to]) if (key !== undefined) keys[key] = time
  }
  return fc.record(keys, { requiredKeys: [] }) as fc.Arbitrary<QueryFilter>
}

for (const [of, fields] of Object.entries({ findings: findingQueryFields, assets: assetQueryFields })) {
  test(`a filter of ${of}, written as a query and read again, is the same filter`, () => {
    fc.assert(
      fc.property(filters(fields), filter => {
        expect(unprintable(filter, fields)).toEqual([])
        expect(parseQuery(printQuery(filter, fields), fields)).toEqual({ filter, problems: [] })
      }),
      { numRuns: 500 },
    )
  })

  test(`whatever is typed for ${of} is read without a fault, and what was understood keeps its meaning`, () => {
    const pieces = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.constantFrom(
        ...fields.flatMap(field => field.names.map(name => `${name}:`)),
        ' ',
        ',',
        '"',
        '-',
        '>',
        '<',
        '..',
      ),
      fc.constantFrom('critical', 'true', '7', '30d', '2026-01-01', '\\'),
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), parts => {
        const text = parts.join('')
        const { filter, problems } = parseQuery(text, fields)
        for (const { from, to } of problems) expect(0 <= from && from <= to && to <= text.length).toBe(true)
        if (problems.length > 0) return
        expect(parseQuery(printQuery(filter, fields), fields)).toEqual({ filter, problems: [] })
      }),
      { numRuns: 1000 },
    )
  })
}

test('a key that the language has no word for is told, not dropped in silence', () => {
  expect(unprintable({ severity: ['high'], sort: 'x' }, findingQueryFields)).toEqual(['sort'])
})

test('an age means an instant when it is used', () => {
  expect(resolveAgo('-30d', Date.parse('2026-12-01T00:00:00Z'))).toBe('2026-11-01T00:00:00.000Z')
  expect(resolveAgo('-12h', Date.parse('2026-12-01T00:00:00Z'))).toBe('2026-11-30T12:00:00.000Z')
})

describe('what may follow', () => {
  const texts = (text: string, cursor = text.length) =>
    completeQuery(text, cursor, findingQueryFields).map(one => one.text)

  test('at the start of a term: fields', () => {
    expect(texts('sev')).toEqual(['severity:'])
    expect(texts('severity:high k')).toEqual(['kev:'])
    expect(texts('-se')).toEqual(['severity:'])
  })

  test('behind the colon and behind a comma: values', () => {
    expect(texts('severity:')).toEqual(['info', 'low', 'medium', 'high', 'critical'])
    expect(texts('severity:high,c')).toEqual(['critical'])
    expect(texts('kev:t')).toEqual(['true'])
  })

  test('what is written already is replaced', () => {
    const [first] = completeQuery('severity:cri state:open', 12, findingQueryFields)
    expect(first).toMatchObject({ text: 'critical', from: 9, to: 12 })
  })

  test('inside quotes and of unknown fields: nothing', () => {
    expect(texts('tag:"Env')).toEqual([])
    expect(texts('nothing:x')).toEqual([])
  })
})
