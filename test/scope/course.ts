import fc from 'fast-check'
import { expect } from 'vitest'
import type { SourceScope } from '../../src/domain/scope.ts'
import { findSweep } from '../../src/store/sweep/plan.ts'
import { verifyStore } from '../../src/store/verify/verify.ts'
import { type Mirror, openMirror, tester } from '../support/mirror.ts'
import { countAssets, differencesFrom, readScope, setScope, truthWithin } from './scoped.ts'

// Whatever is narrowed, widened, lived through and read, in whatever order: what counts in the end is the truth within the
// last scope, and nothing was called fixed that the source did not call so.

const network = '00000000-0000-0000-0000-000000000000'
const scopes: readonly Partial<SourceScope>[] = [
  {},
  { tags: [{ key: 'operating_system_linux', value: 'linux' }] },
  {
    tags: [
      { key: 'Location', value: 'Columbia' },
      { key: 'Location', value: 'Dublin' },
      { key: 'Environment', value: 'Staging' },
    ],
  },
  { networks: [network] },
  { severities: ['critical', 'high'] },
  { networks: [network], severities: ['medium', 'critical'] },
]

type Step =
  | { readonly kind: 'scope'; readonly scope: number }
  | { readonly kind: 'life'; readonly hours: number }
  | {
      readonly kind: 'edit'
      readonly edit: 'delete-asset' | 'age-out-asset' | 'tag-asset' | 'recast-finding' | 'fix-finding' | 'restore-asset'
    }
  | { readonly kind: 'full' | 'delta' | 'refresh' }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('scope' as const), scope: fc.nat(scopes.length - 1) }),
  fc.record({ kind: fc.constant('life' as const), hours: fc.integer({ min: 1, max: 60 }) }),
  fc.record({
    kind: fc.constant('edit' as const),
    edit: fc.constantFrom(
      'delete-asset',
      'age-out-asset',
      'tag-asset',
      'recast-finding',
      'fix-finding',
      'restore-asset',
    ),
  }),
  fc.record({ kind: fc.constantFrom('full' as const, 'delta' as const, 'refresh' as const) }),
)

/** Everything the tenant has ever called fixed: `key|when`. */
class Fixes {
  readonly #said = new Set<string>()

  note(mirror: Mirror): void {
    for (const row of mirror.simulator.control.truthFindings()) {
      if (row.last_fixed === null) continue
      this.#said.add([row.asset_uuid, row.plugin_id, row.port, row.protocol.toLowerCase(), row.last_fixed].join('|'))
    }
  }

  async invented(mirror: Mirror): Promise<string[]> {
    const { rows } = await mirror.database.query<{ line: string }>(
      `select concat_ws('|', a.native_id, e.plugin_id, e.port, e.protocol,
                        to_char(e.happened_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) as line
       from finding_event e join asset a using (asset_id)
       where e.kind = 'fixed'`,
    )
    return rows.map(row => row.line).filter(line => !this.#said.has(line))
  }
}

/** Whether the source had anything to say. */
async function read(mirror: Mirror, kind: 'full' | 'delta'): Promise<boolean> {
  mirror.simulator.control.advance({ hours: 0.01 })
  const run = await mirror.sync({ kind, streams: ['assets', 'findings'] })
  // Nothing at all within a small scope is an alarm, as it should be.
  if (run.status !== 'completed') expect(run.error_code).toBe('empty_answer')
  const { rows } = await mirror.database.query("select from sweep where run_id = $1 and status = 'held'", [run.runId])
  if (rows.length > 0) await confirm(mirror, run.runId)
  return run.status === 'completed'
}

async function confirm(mirror: Mirror, runId: number): Promise<void> {
  await mirror.engine.decideSweep(runId, 'confirm', tester)
  const isApplied = async () => (await findSweep(mirror.database, runId))?.status
  await expect.poll(isApplied, { timeout: 30_000, interval: 50 }).toBe('applied')
}

async function refresh(mirror: Mirror): Promise<void> {
  const { rows } = await mirror.database.query<{ plugin_id: number }>('select min(plugin_id) as plugin_id from finding')
  const request = {
    sourceId: mirror.sourceId,
    target: { plugin_ids: [rows[0]!.plugin_id] },
    streams: ['findings'],
  } as const
  const { runId } = await mirror.engine.requestRefresh({ ...request, trigger: 'api' }, tester)
  expect(await mirror.engine.waitForRun(runId)).toBe('completed')
}

async function take(mirror: Mirror, fixes: Fixes, step: Step): Promise<Partial<SourceScope> | undefined> {
  switch (step.kind) {
    case 'scope':
      await setScope(mirror, scopes[step.scope]!)
      return scopes[step.scope]
    case 'life':
      mirror.simulator.control.advance({ hours: step.hours })
      break
    case 'edit':
      mirror.simulator.control.edit(step.edit, { count: 2 })
      break
    case 'refresh':
      await refresh(mirror)
      break
    default:
      await read(mirror, step.kind)
  }
  fixes.note(mirror)
  return undefined
}

async function live(seed: number, steps: readonly Step[]): Promise<void> {
  const mirror = await openMirror({ seed, findings: 250, assets: 40 }, {}, { workers: 2 })
  try {
    const fixes = new Fixes()
    fixes.note(mirror)
    await read(mirror, 'full')
    let scope: Partial<SourceScope> = {}
    for (const one of steps) scope = (await take(mirror, fixes, one)) ?? scope
    // What a first full run misses is unconfirmed, and what two miss has ended.
    let isAnswered = true
    for (let n = 0; n < 3; n++) isAnswered = await read(mirror, 'full')
    const truth = truthWithin(mirror.simulator, readScope(scope))
    if (isAnswered) expect(await differencesFrom(mirror.database, truth)).toEqual({})
    else expect(Math.min(truth.hosts.size, truth.open.size + truth.fixed.size)).toBe(0)
    expect(await fixes.invented(mirror)).toEqual([])
    expect((await countAssets(mirror.database)).within).toBeGreaterThan(0)
    expect((await verifyStore(mirror, { actor: tester, programVersion: 'test' })).damages).toEqual([])
  } finally {
    await mirror.close()
  }
}

/** @param runs so many courses, each of a tenant of its own */
export async function checkCourses(runs: number): Promise<void> {
  const course = fc.tuple(fc.integer({ min: 1, max: 1000 }), fc.array(step, { minLength: 4, maxLength: 8 }))
  await fc.assert(
    fc.asyncProperty(course, ([seed, steps]) => live(seed, steps)),
    // A smaller course takes as long as this one did; the seed brings it back.
    { numRuns: runs, endOnFailure: true },
  )
}
