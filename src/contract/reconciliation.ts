import { z } from 'zod'
import { differenceCauses, differenceKinds, differenceLevels } from '../domain/reconciliation/index.ts'
import { severities } from '../domain/severity.ts'
import { exportFormats } from './operation-parts.ts'
import { pageOf, pageQuery } from './page.ts'
import {
  AnyObject,
  AssetId,
  Count,
  Instant,
  Int4Id,
  listOf,
  numeric,
  numericListOf,
  PluginId,
  text,
} from './primitives.ts'

const PairId = Int4Id
const ComparisonId = z.int().min(1)
const CutoverId = Int4Id

const Cause = z.enum(differenceCauses)

export const CauseCount = z
  .object({
    cause: Cause,
    name: z.string().describe('as a person says it'),
    assets: Count.describe('assets of which one side has nothing open'),
    findings: Count.describe('findings that one side has alone, or that the two call something else'),
    counts: Count.describe('plugins and severities that the source counts otherwise than the mirror'),
    is_open: z.boolean().describe('nothing explains it: somebody has to look'),
  })
  .meta({ id: 'ReconciliationCause' })

const AssetTotals = z.object({
  files: Count.describe('with something open'),
  api: Count,
  both: Count,
  only_files: Count,
  only_api: Count,
})

const FindingTotals = z.object({
  files: Count.describe('open'),
  api: Count,
  agreed: Count.describe('open in both, with the same severity and state'),
  only_files: Count,
  only_api: Count,
  severity: Count.describe('open in both, of another severity'),
  state: Count.describe('open in both, and one calls it found again'),
})

const TimingBefore = z.object({
  total: Count.describe('differences that the comparison before called a matter of time'),
  gone: Count,
  explained: Count.describe('now of another cause'),
  waiting: Count.describe('the side that lacked them has not been read since'),
})

export const Comparison = z
  .object({
    id: ComparisonId,
    kind: z.enum(['files', 'counts']).describe('files: with the API source; counts: what the source counts of itself'),
    pair_id: PairId.nullable(),
    files_source_id: Int4Id.nullable(),
    files_source: z.string().nullable(),
    api_source_id: Int4Id,
    api_source: z.string(),
    trigger: z.enum(['import', 'sync', 'api', 'cli']),
    status: z.enum(['running', 'completed', 'failed']),
    started_by: z.string(),
    started_at: Instant,
    finished_at: Instant.nullable(),
    files_at: Instant.nullable().describe('the moment that the latest applied file speaks for'),
    api_at: Instant.nullable().describe('up to when the findings of the API source were known complete'),
    previous_id: ComparisonId.nullable(),
    assets: AssetTotals.nullable(),
    findings: FindingTotals.nullable(),
    severities: z
      .array(z.object({ severity: z.enum(severities), source: Count, mirror: Count, is_partial: z.boolean() }))
      .nullable()
      .describe('open findings as the source counts them, and as the mirror does on the same terms'),
    causes: z.array(CauseCount).describe('those that were met, what is open first'),
    open: Count.nullable().describe('differences that nothing explains'),
    timing_before: TimingBefore.nullable(),
    has_differences: z.boolean().describe('false: only its numbers are kept'),
    error_code: z.string().nullable(),
    error_message: z.string().nullable(),
  })
  .meta({ id: 'Comparison' })
export type Comparison = z.infer<typeof Comparison>
export const ComparisonPage = pageOf(Comparison, 'ComparisonPage')

export const Difference = z
  .object({
    no: z.int(),
    level: z.enum(differenceLevels),
    kind: z
      .enum(differenceKinds)
      .describe(
        'only_files and only_api: one side alone has it; at level count, who counts more: the source or the mirror',
      ),
    cause: Cause,
    cause_name: z.string(),
    was: Cause.nullable().describe('its cause in the comparison before; null when it is new'),
    reason: z.string().describe('the cause and its evidence in a sentence'),
    evidence: AnyObject.describe('the facts that the cause rests on'),
    files_asset_id: AssetId.nullable(),
    api_asset_id: AssetId.nullable(),
    asset: z.string().nullable(),
    plugin_id: PluginId.nullable(),
    plugin: z.string().nullable(),
    port: z.int().nullable(),
    protocol: z.string().nullable(),
    instance: z.string().nullable(),
    severity: z.enum(severities).nullable(),
    files_count: Count.nullable().describe('open findings of the asset in the files; at level count, by the source'),
    api_count: Count.nullable().describe('open findings of the asset in the API source; at level count, in the mirror'),
  })
  .meta({ id: 'Difference' })
export type Difference = z.infer<typeof Difference>
export const DifferencePage = pageOf(Difference, 'DifferencePage')

export const DifferenceExportRow = Difference.omit({ evidence: true })
  .extend({ evidence: z.string().describe('as JSON') })
  .meta({ id: 'DifferenceExportRow' })

export const Cutover = z
  .object({
    id: CutoverId,
    pair_id: PairId,
    files_source_id: Int4Id,
    files_source: z.string(),
    api_source_id: Int4Id,
    api_source: z.string(),
    comparison_id: ComparisonId,
    status: z.enum(['signed', 'undone']),
    signed_by: z.string(),
    signed_at: Instant,
    assets: AssetTotals.nullable().describe('the numbers that were signed'),
    findings: FindingTotals.nullable(),
    causes: z.array(CauseCount),
    open_differences: Count.describe('that nothing explained'),
    accepted_reason: z.string().nullable().describe('why those were accepted'),
    restore_point: z
      .object({
        at: Instant,
        last_import_id: z.int().nullable(),
        open_findings: Count,
        open: z.record(z.string(), Count).describe('by severity'),
        checksum: z.string().describe('over what was open in the files'),
      })
      .describe('how the source of files was'),
    imports_open: z.boolean().describe('files are taken now'),
    imports_open_because: z
      .enum(['outage', 'reopened'])
      .nullable()
      .describe('although it is signed: the API source gives nothing, or somebody opened them'),
    reopened_by: z.string().nullable(),
    reopened_at: Instant.nullable(),
    reopen_reason: z.string().nullable(),
    undone_by: z.string().nullable(),
    undone_at: Instant.nullable(),
    undo_reason: z.string().nullable(),
    undo: z
      .object({
        imports_undone: z.array(z.int()),
        imports_kept: z.array(z.int()),
        is_restored: z.boolean().describe('what is open in the files is what was open at the restore point'),
        open_findings: Count,
      })
      .nullable(),
  })
  .meta({ id: 'Cutover' })
export type Cutover = z.infer<typeof Cutover>
export const CutoverList = z.object({ items: z.array(Cutover) }).meta({ id: 'CutoverList' })

export const Pair = z
  .object({
    id: PairId,
    files_source_id: Int4Id,
    files_source: z.string(),
    api_source_id: Int4Id,
    api_source: z.string(),
    is_automatic: z.boolean().describe('compared by itself after each import and each run'),
    created_by: z.string(),
    created_at: Instant,
    comparison: Comparison.nullable().describe('completed last'),
    latest: Comparison.nullable().describe('begun after that: under way, or failed'),
    cutover: Cutover.nullable().describe('that stands'),
  })
  .meta({ id: 'ReconciliationPair' })
export type Pair = z.infer<typeof Pair>

export const Reconciliation = z
  .object({
    items: z.array(Pair),
    can_pair: z.object({
      files: z.array(z.object({ id: Int4Id, name: z.string() })),
      api: z.array(z.object({ id: Int4Id, name: z.string(), counts: z.boolean().describe('it counts of itself') })),
    }),
  })
  .meta({ id: 'Reconciliation' })

export const NewPair = z
  .strictObject({
    files_source_id: Int4Id.describe('the source that files go to'),
    api_source_id: Int4Id.describe('the source that is to take its place'),
    is_automatic: z.boolean().default(true),
  })
  .meta({ id: 'NewReconciliationPair' })

export const NewComparison = z
  .union([
    z.strictObject({ pair_id: PairId.describe('compare the files of a pair with its API source') }),
    z.strictObject({ source_id: Int4Id.describe('or what a source counts of itself with the mirror') }),
  ])
  .meta({ id: 'NewComparison' })

export const NewCutover = z
  .strictObject({
    comparison_id: ComparisonId.describe('the latest of the pair, as it was looked at'),
    accepted_reason: text(2_000)
      .nullable()
      .default(null)
      .describe('why differences that nothing explains are accepted; needed when there are any'),
  })
  .meta({ id: 'NewCutover' })

export const CutoverReason = z.strictObject({ reason: text(2_000) }).meta({ id: 'CutoverReason' })

export const CutoverUndo = z
  .strictObject({
    reason: text(2_000),
    undo_imports: z
      .boolean()
      .default(false)
      .describe('take back the imports that came after the restore point, the newest first'),
  })
  .meta({ id: 'CutoverUndo' })

export const pairKey = z.strictObject({ id: numeric(PairId) })
export const comparisonKey = z.strictObject({ id: numeric(ComparisonId) })
export const cutoverKey = z.strictObject({ id: numeric(CutoverId) })

export const comparisonListQuery = z.strictObject({
  pair_id: numeric(PairId).optional(),
  source_id: numeric(Int4Id).optional().describe('on either side'),
  kind: z.enum(['files', 'counts']).optional(),
  ...pageQuery,
})

const differenceFilter = {
  cause: listOf(Cause).optional(),
  level: listOf(z.enum(differenceLevels)).optional(),
  kind: listOf(z.enum(differenceKinds)).optional(),
  severity: listOf(z.enum(severities)).optional(),
  plugin_id: numericListOf(PluginId).optional(),
  q: text(200).optional().describe('part of the name of the asset'),
}
export const differenceQuery = z.strictObject({ ...differenceFilter, ...pageQuery })
export const differenceExportQuery = z.strictObject({
  ...differenceFilter,
  format: z.enum(exportFormats).default('csv'),
})

export const DataQualityField = z
  .object({
    source_id: Int4Id,
    source: z.string(),
    subject: z.enum(['asset', 'finding']).describe('live assets, or their open findings'),
    field: z.string(),
    days: z
      .array(
        z.object({
          day: z.string().describe('in UTC; the last look of the day'),
          rows: Count,
          filled: Count.describe('rows that have the field'),
          newest_at: Instant.nullable().describe('when the source saw one of those last'),
          mean_age_hours: z.number().nullable().describe('how long ago it had seen those, on average, at the look'),
        }),
      )
      .describe('the oldest first; a day without a look is left out'),
  })
  .meta({ id: 'DataQualityField' })
export type DataQualityField = z.infer<typeof DataQualityField>
export const DataQuality = z.object({ items: z.array(DataQualityField) }).meta({ id: 'DataQuality' })

export const dataQualityQuery = z.strictObject({
  source_id: numericListOf(Int4Id).optional(),
  days: numeric(z.int().min(1).max(366)).default(30).describe('back from today'),
})
