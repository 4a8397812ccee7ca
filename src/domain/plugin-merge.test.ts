import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aPlugin } from '../../test/support/make.ts'
import type { Plugin } from './plugin.ts'
import { mergePlugin, type RankedPlugin } from './plugin-merge.ts'

const day = (n: number) => `2026-01-${String(n).padStart(2, '0')}T00:00:00Z`

function described(facts: Partial<Plugin>, from: { rank?: number; readOn?: number } = {}): RankedPlugin {
  return { plugin: aPlugin(facts), sourceRank: from.rank ?? 1, readAt: day(from.readOn ?? 1) }
}

const older = { modifiedAt: day(1) }
const newer = { modifiedAt: day(2) }

const cases = [
  {
    name: 'the newer modification wins, whichever was read first',
    a: described({ ...older, solution: 'old' }, { readOn: 9 }),
    b: described({ ...newer, solution: 'new' }),
    merged: { solution: 'new', modifiedAt: day(2) },
  },
  {
    name: 'a description with a modification wins over one without',
    a: described({ solution: 'undated' }, { readOn: 9 }),
    b: described({ ...older, solution: 'dated' }),
    merged: { solution: 'dated' },
  },
  {
    name: 'at equal modification the better source wins, whichever was read last',
    a: described({ ...older, solution: 'VM' }, { rank: 1, readOn: 1 }),
    b: described({ ...older, solution: 'Nessus' }, { rank: 3, readOn: 9 }),
    merged: { solution: 'VM' },
  },
  {
    name: 'of one source at equal modification the later read wins: EPSS moves without it',
    a: described({ ...older, epssScore: 0.2 }, { readOn: 2 }),
    b: described({ ...older, epssScore: 0.1 }, { readOn: 1 }),
    merged: { epssScore: 0.2 },
  },
  {
    name: 'what the winner leaves out is kept from the other',
    a: described({ ...newer, solution: null, synopsis: 'new', hasPatch: false }),
    b: described({ ...older, solution: 'old', synopsis: 'old', hasPatch: true, cves: ['CVE-2026-1'] }),
    merged: { solution: 'old', synopsis: 'new', hasPatch: false, cves: ['CVE-2026-1'] },
  },
  {
    name: 'so are fields without a column, one by one: a finding and the catalogue know different ones',
    a: described({ ...older, extra: { always_run: false, age: 1 } }, { readOn: 1 }),
    b: described({ ...older, extra: { vendor_unpatched: true, age: 2 } }, { readOn: 2 }),
    merged: { extra: { always_run: false, vendor_unpatched: true, age: 2 } },
  },
  {
    name: 'VPR goes by its own date',
    a: described({ ...newer, solution: 'new', vprScore: 5, vprUpdatedAt: day(1), vpr: { score: 5 } }),
    b: described({ ...older, solution: 'old', vprScore: 7, vprUpdatedAt: day(3), vpr: { score: 7 } }),
    merged: { solution: 'new', vprScore: 7, vprUpdatedAt: day(3), vpr: { score: 7 } },
  },
  {
    name: 'a newer VPR that says nothing leaves the score',
    a: described({ ...newer, vprScore: 5, vprUpdatedAt: day(1), vpr: { score: 5 } }),
    b: described({ ...older, vprScore: null, vprUpdatedAt: day(3), vpr: null }),
    merged: { vprScore: 5, vpr: { score: 5 } },
  },
] satisfies { name: string; a: RankedPlugin; b: RankedPlugin; merged: Partial<Plugin> }[]

for (const { name, a, b, merged } of cases) {
  test(name, () => {
    expect(mergePlugin(a, b).plugin).toMatchObject(merged)
    expect(mergePlugin(b, a).plugin).toMatchObject(merged)
  })
}

describe('whatever two descriptions say', () => {
  const some = <T>(...values: T[]) => fc.option(fc.constantFrom(...values))
  const ranked = fc
    .record({
      modified: some(1, 2, 3),
      solution: some('a', 'b', 'c'),
      cves: some(['CVE-2026-1'], ['CVE-2026-2']),
      hasPatch: some(true, false),
      epssScore: some(0, 0.5),
      vprDay: some(1, 2, 3),
      vprScore: some(1, 5, 9),
      rank: fc.integer({ min: 1, max: 4 }),
      readOn: fc.integer({ min: 1, max: 28 }),
    })
    .map(({ modified, vprDay, vprScore, rank, readOn, ...facts }) =>
      described(
        {
          ...facts,
          modifiedAt: modified === null ? null : day(modified),
          vprUpdatedAt: vprDay === null ? null : day(vprDay),
          vprScore,
          vpr: vprScore === null ? null : { score: vprScore },
        },
        { rank, readOn },
      ),
    )

  test('their order does not matter', () => {
    fc.assert(
      fc.property(ranked, ranked, (a, b) => {
        expect(mergePlugin(a, b)).toEqual(mergePlugin(b, a))
      }),
    )
  })

  test('the same again changes nothing', () => {
    fc.assert(
      fc.property(ranked, ranked, (a, b) => {
        const merged = mergePlugin(a, b)
        expect(mergePlugin(merged, merged)).toEqual(merged)
        expect(mergePlugin(a, a)).toEqual(a)
      }),
    )
  })

  test('null never overwrites, and nothing is invented', () => {
    fc.assert(
      fc.property(ranked, ranked, (a, b) => {
        const merged = mergePlugin(a, b).plugin
        for (const field of Object.keys(merged) as (keyof Plugin)[]) {
          const said = [a.plugin[field], b.plugin[field]].filter(value => value !== null)
          if (said.length === 0) expect(merged[field]).toBeNull()
          else expect(said).toContainEqual(merged[field])
        }
      }),
    )
  })

  // What only some of many leave out may be kept from any of the others: a merged plugin does not remember from which.
  const complete = ranked.map(({ plugin, ...rest }): RankedPlugin => {
    // A score that changes has another date.
    const score = plugin.vprUpdatedAt === null ? null : Number(plugin.vprUpdatedAt.slice(8, 10))
    const facts = { solution: `of ${plugin.modifiedAt}, read ${rest.readAt}`, cves: [], hasPatch: true, epssScore: 0 }
    return { ...rest, plugin: { ...plugin, ...facts, vprScore: score, vpr: score === null ? null : { score } } }
  })
  const reads = fc.uniqueArray(complete, { minLength: 3, maxLength: 5, selector: one => one.readAt })

  test('many that leave nothing out end the same in any order and grouping', () => {
    fc.assert(
      fc.property(
        reads.chain(all => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([all, shuffled]) => {
          const fromLeft = all.reduce((merged, one) => mergePlugin(merged, one))
          const fromRight = shuffled.reduceRight((merged, one) => mergePlugin(one, merged))
          expect(fromRight).toEqual(fromLeft)
        },
      ),
    )
  })
})
