import { expect } from 'vitest'
import { unrestricted } from '../../src/store/access.ts'
import type { Database } from '../../src/store/database.ts'
import { listFindingsThen } from '../../src/store/queries/finding-list-then.ts'
import type { FindingView } from '../../src/store/queries/finding-view.ts'
import type { Moment } from '../../src/store/queries/moment.ts'
import { rebuildDailyTotals } from '../../src/store/rollups/daily-totals.ts'
import { addDays, daysBetween, endOf, type LivedTenant } from './lived-tenant.ts'
import { type Cells, keyOf } from './oracle.ts'

// What the mirror answers about the past, beside what the oracle says can be known of it.

/** Every stored day, as far back as the oracle's first and some time before. */
export async function expectEveryDay({ mirror, oracle, firstDay, lastDay }: LivedTenant, back: number): Promise<void> {
  const stored = await storedDays(mirror.database)
  const wrong: unknown[] = []
  for (const day of daysBetween(addDays(firstDay, -back), lastDay)) {
    const wanted = oracle.totals(endOf(day))
    const found = stored.get(day) ?? {}
    if (!sameCells(found, wanted)) wrong.push({ day, ...difference(found, wanted) })
  }
  expect(wrong).toEqual([])
}

export async function expectTotalsOfEvents({ mirror }: LivedTenant): Promise<void> {
  expect(await rebuildDailyTotals(mirror.database)).toBe(0)
}

/** Every finding at the end of a day, by what was known after a reading. */
export async function expectFindings(
  { mirror, oracle, knownAt }: LivedTenant,
  day: string,
  reading?: number,
): Promise<void> {
  const known = reading === undefined ? {} : { knownAt: knownAt[reading - 1]! }
  const found = await everyFinding(mirror.database, { asOf: `${day}T23:59:59.999999Z`, ...known })
  const wrong: unknown[] = []
  let count = 0
  for (const key of oracle.keys()) {
    const then = oracle.was(key, endOf(day), reading)
    const row = found.get(key)
    if (then) count++
    const wanted = then && [then.state, then.severity, then.isEnded]
    const got = row && [row.state, row.severity, row.ended_at !== null]
    if (JSON.stringify(wanted) !== JSON.stringify(got)) wrong.push({ key, wanted, got })
  }
  expect({ day, reading, wrong: wrong.slice(0, 5) }).toEqual({ day, reading, wrong: [] })
  expect(found.size).toBe(count)
}

/** What the mirror says is what truly was, but where two of three changes fell between two readings. */
export function truthfulShare({ oracle, firstDay, lastDay }: LivedTenant): number {
  let known = 0
  let all = 0
  const wrong: unknown[] = []
  for (const day of daysBetween(firstDay, lastDay, 5)) {
    for (const key of oracle.keys()) {
      const then = oracle.was(key, endOf(day))
      if (!then) continue
      all++
      const truth = oracle.truth(key, endOf(day))
      if (truth === undefined) continue
      known++
      if (truth !== then.state) wrong.push({ day, key, truth, told: then.state })
    }
  }
  expect(wrong.slice(0, 5)).toEqual([])
  return known / all
}

async function everyFinding(database: Database, moment: Moment): Promise<Map<string, FindingView>> {
  const found = new Map<string, FindingView>()
  let cursor: string | undefined
  do {
    const request = {
      filter: { include: ['all' as const] },
      sort: 'asset_id' as const,
      // What changed since is worked out for each page anew: few large ones.
      limit: 20_000,
      total: false,
      cursor,
    }
    const page = await listFindingsThen(unrestricted(database), request, moment)
    for (const row of page.items) found.set(keyOf(row.asset_uuid, row.plugin_id, row.port, row.protocol), row)
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
  return found
}

async function storedDays(database: Database): Promise<Map<string, Cells>> {
  const { rows } = await database.query<{ day: string; cells: Cells }>(
    `select day::text as day, jsonb_object_agg(concat_ws(' ', value, state, severity), findings) as cells
     from daily_total
     where level = 'source' and dimension = 'standing'
     group by day`,
  )
  return new Map(rows.map(row => [row.day, row.cells]))
}

function sameCells(a: Cells, b: Cells): boolean {
  return Object.keys(difference(a, b)).length === 0
}

function difference(found: Cells, wanted: Cells): Record<string, string> {
  const cells = new Set([...Object.keys(found), ...Object.keys(wanted)])
  const different: Record<string, string> = {}
  for (const cell of cells) {
    if ((found[cell] ?? 0) !== (wanted[cell] ?? 0))
      different[cell] = `${found[cell] ?? 0} instead of ${wanted[cell] ?? 0}`
  }
  return different
}
