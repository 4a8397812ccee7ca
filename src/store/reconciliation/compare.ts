import type { JsonObject } from '../../domain/json.ts'
import {
  classify,
  type DifferenceCause,
  machineCause,
  openCauses,
  type Picture,
  windowDays,
} from '../../domain/reconciliation/index.ts'
import { scopeOfSettings } from '../../domain/scope.ts'
import { ConfigError } from '../../platform/errors.ts'
import type { Connection, Database, Queryable } from '../database.ts'
import { findWatermarks } from '../reading-window.ts'
import { endComparison, findPrevious } from './comparisons.ts'
import { DifferenceWriter } from './differences.ts'
import { differingFindings, type FindingTotals, filesPicture, pairFindings } from './findings.ts'
import { compareMachines } from './machines.ts'
import type { Pair } from './pairs.ts'

/** The totals of a comparison of files with the API, as they are stored and told. */
export interface ComparisonTotals {
  readonly assets: {
    readonly files: number
    readonly api: number
    readonly both: number
    readonly only_files: number
    readonly only_api: number
  }
  readonly findings: FindingTotals
  /** Up to when the last full run of the API source was known complete. */
  readonly api_full_at: string | null
  readonly causes: Readonly<
    Record<string, { readonly assets: number; readonly findings: number; readonly counts: number }>
  >
  /** Differences that nothing explains. */
  readonly open: number
  /** What was a matter of time in the comparison before: gone, of another cause, still waiting to be read. */
  readonly timing_before: {
    readonly total: number
    readonly gone: number
    readonly explained: number
    readonly waiting: number
  }
}

/**
 * Compares what the two sources of a pair say now, names the cause of every difference, and stores both, in one transaction
 * that sees one instant. Memory is bounded by one batch of differences.
 * @throws ConfigError `nothing_imported`, `never_complete`
 */
export async function compareFiles(database: Database, comparisonId: number, pair: Pair): Promise<ComparisonTotals> {
  const { totals, moments } = await database.transaction(async connection => {
    await connection.query('set transaction isolation level repeatable read')
    const { filesSourceId, apiSourceId } = pair
    const { filesAt, apiAt } = await getMoments(connection, pair)
    const previous = await findPrevious(connection, comparisonId)
    const sources = [filesSourceId, apiSourceId] as const
    await compareMachines(connection, { filesSourceId, apiSourceId, filesAt })
    const findings = await pairFindings(connection, sources)
    const full = await lastFullRun(connection, apiSourceId)
    const picture: Picture = {
      files: { at: filesAt, ...pictureOf(await filesPicture(connection, filesSourceId, windowDays)) },
      api: { at: apiAt, fullAt: full?.at ?? null, ...(await apiTerms(connection, apiSourceId)) },
      previous: previous?.filesAt
        ? { filesAt: previous.filesAt, apiAt: previous.apiAt, fullAt: previous.fullAt }
        : null,
    }
    const writer = new DifferenceWriter(connection, comparisonId)
    const known = { previousId: previous?.comparisonId ?? null, fullRunId: full?.runId ?? null }
    for await (const batch of differingFindings(connection, sources, known)) {
      await writer.write(
        batch.map(({ facts, was, key }) => ({
          level: 'finding',
          kind: facts.kind,
          explained: classify(facts, picture),
          was,
          ...key,
          filesCount: null,
          apiCount: null,
        })),
      )
    }
    const assets = await compareAssets(connection, writer, comparisonId)
    const causes = writer.causes
    const totals: ComparisonTotals = {
      assets,
      findings,
      api_full_at: full?.at ?? null,
      causes,
      open: openCauses.reduce((sum, cause) => sum + (causes[cause]?.findings ?? 0), 0),
      timing_before: await timingBefore(connection, comparisonId, previous?.comparisonId ?? null),
    }
    const moments = { filesAt, apiAt, previousId: previous?.comparisonId ?? null }
    return { totals, moments }
  })
  await endComparison(database, comparisonId, moments, totals as unknown as JsonObject)
  return totals
}

/** The moments that the two sides of a pair speak for; null for a side that says nothing yet. */
export async function findMoments(
  queryable: Queryable,
  { filesSourceId, apiSourceId }: Pair,
): Promise<{ readonly filesAt: string | null; readonly apiAt: string | null }> {
  const { rows } = await queryable.query<{ at: string | null }>(
    "select max(observed_at) as at from file_import where source_id = $1 and status = 'applied'",
    [filesSourceId],
  )
  const watermarks = await findWatermarks(queryable, apiSourceId)
  return { filesAt: rows[0]?.at ?? null, apiAt: watermarks.get('findings')?.at ?? null }
}

async function getMoments(queryable: Queryable, pair: Pair): Promise<{ filesAt: string; apiAt: string }> {
  const { filesAt, apiAt } = await findMoments(queryable, pair)
  if (filesAt === null) {
    throw new ConfigError('nothing_imported', 'No file of the source is applied, so there is nothing to compare yet.')
  }
  if (apiAt === null) throw neverComplete()
  return { filesAt, apiAt }
}

/** @throws ConfigError `never_complete` */
export async function apiMoment(queryable: Queryable, apiSourceId: number): Promise<string> {
  const watermark = (await findWatermarks(queryable, apiSourceId)).get('findings')
  if (watermark) return watermark.at
  throw neverComplete()
}

function neverComplete(): ConfigError {
  return new ConfigError(
    'never_complete',
    'The findings of the API source were never read to their end, so there is nothing to compare with. Sync it first.',
  )
}

async function lastFullRun(
  queryable: Queryable,
  apiSourceId: number,
): Promise<{ readonly runId: number; readonly at: string } | undefined> {
  const { rows } = await queryable.query<{ run_id: number; at: string }>(
    `select r.run_id, s.watermark_at as at
     from run r join run_stream s using (run_id)
     where r.source_id = $1 and r.kind = 'full' and s.stream = 'findings' and s.status = 'completed'
       and s.watermark_at is not null
     order by r.run_id desc
     limit 1`,
    [apiSourceId],
  )
  return rows[0] && { runId: rows[0].run_id, at: rows[0].at }
}

const leastGraceMs = 3_600_000

async function apiTerms(queryable: Queryable, apiSourceId: number) {
  const { rows } = await queryable.query<{ settings: JsonObject; delay: number | null }>(
    'select settings, indexing_delay_seconds as delay from source where source_id = $1',
    [apiSourceId],
  )
  return {
    graceMs: Math.max(leastGraceMs, (rows[0]?.delay ?? 0) * 1000),
    scope: scopeOfSettings(rows[0]?.settings ?? {}),
  }
}

function pictureOf(told: Awaited<ReturnType<typeof filesPicture>>) {
  return { severities: told.severities, isWindowed: told.is_windowed, networks: told.networks }
}

/** Machines of which only one side has anything open, and how many there are. */
async function compareAssets(
  connection: Connection,
  writer: DifferenceWriter,
  comparisonId: number,
): Promise<ComparisonTotals['assets']> {
  await connection.query(
    `create temporary table compared_total on commit drop as
     select machine_id, count(*) filter (where is_open_in_files) as files_open,
            count(*) filter (where is_open_in_api) as api_open
     from compared_finding
     group by machine_id`,
  )
  await connection.query(
    `declare lonely no scroll cursor for
     with causes as (
       select machine_id, jsonb_object_agg(cause, findings) as causes
       from (select c.machine_id, d.cause, count(*) as findings
             from reconciliation_difference d
             join compared_asset c
               on c.asset_id = case d.kind when 'only_files' then d.files_asset_id else d.api_asset_id end
             where d.reconciliation_id = $1 and d.level = 'finding' and d.kind in ('only_files', 'only_api')
             group by c.machine_id, d.cause) as counted
       group by machine_id
     )
     select case when t.api_open = 0 then 'only_files' else 'only_api' end as kind, m.files_asset_id, m.api_asset_id,
            case when t.api_open = 0 then fa.name else pa.name end as asset, t.files_open, t.api_open,
            coalesce(s.causes, '{}') as causes
     from compared_total t
     join compared_machine m using (machine_id)
     left join causes s using (machine_id)
     left join asset fa on fa.asset_id = m.files_asset_id
     left join asset pa on pa.asset_id = m.api_asset_id
     where t.files_open = 0 or t.api_open = 0
     order by machine_id`,
    [comparisonId],
  )
  for (;;) {
    const { rows } = await connection.query<LonelyRow & Record<string, unknown>>('fetch forward 2000 from lonely')
    await writer.write(
      rows.map(row => ({
        level: 'asset',
        kind: row.kind,
        explained: machineCause(row.causes),
        was: null,
        filesAssetId: row.files_asset_id,
        apiAssetId: row.api_asset_id,
        asset: row.asset,
        ...{ pluginId: null, port: null, protocol: null, instance: null, severity: null },
        filesCount: row.files_open,
        apiCount: row.api_open,
      })),
    )
    if (rows.length < 2000) break
  }
  await connection.query('close lonely')
  const { rows } = await connection.query<ComparisonTotals['assets'] & Record<string, unknown>>(
    `select count(*) filter (where files_open > 0) as files, count(*) filter (where api_open > 0) as api,
            count(*) filter (where files_open > 0 and api_open > 0) as both,
            count(*) filter (where api_open = 0) as only_files, count(*) filter (where files_open = 0) as only_api
     from compared_total`,
  )
  return rows[0]!
}

interface LonelyRow {
  readonly kind: 'only_files' | 'only_api'
  readonly files_asset_id: number | null
  readonly api_asset_id: number | null
  readonly asset: string
  readonly files_open: number
  readonly api_open: number
  readonly causes: Partial<Record<DifferenceCause, number>>
}

/** What became of the differences that were a matter of time. */
async function timingBefore(
  connection: Connection,
  comparisonId: number,
  previousId: number | null,
): Promise<ComparisonTotals['timing_before']> {
  const { rows } = await connection.query<ComparisonTotals['timing_before'] & Record<string, unknown>>(
    `with before as (
       select count(*) as total from reconciliation_difference
       where reconciliation_id = $2 and cause = 'timing' and level <> 'asset'
     ),
     now as (
       select count(*) filter (where cause = 'timing') as waiting, count(*) filter (where cause <> 'timing') as explained
       from reconciliation_difference
       where reconciliation_id = $1 and was = 'timing'
     )
     select total, total - waiting - explained as gone, explained, waiting from before, now`,
    [comparisonId, previousId],
  )
  return rows[0]!
}
