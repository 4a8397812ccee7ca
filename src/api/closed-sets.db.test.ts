import { afterAll, beforeAll, expect, test } from 'vitest'
import type { z } from 'zod'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { AssetEventView } from '../contract/asset-timeline.ts'
import { AssetView } from '../contract/assets.ts'
import { AuditEventView } from '../contract/audit.ts'
import { Change } from '../contract/changes.ts'
import { ComplianceView } from '../contract/compliance.ts'
import { FindingEventView, FindingView } from '../contract/findings.ts'
import { ScanRunView } from '../contract/scans.ts'
import { ScheduleView } from '../contract/schedule.ts'
import { SourceView } from '../contract/sources.ts'
import { SweepRowView, SweepView } from '../contract/sweeps.ts'
import { ChunkView, ExportJobView, RunStreamView, RunView } from '../contract/sync.ts'

// A word that the schema allows and the contract does not would be a row that cannot be shown.

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.drop())

const sets: [table: string, column: string, schema: z.ZodType][] = [
  ['source', 'kind', SourceView.shape.kind],
  ['source', 'managed_by', SourceView.shape.managed_by],
  ['run', 'kind', RunView.shape.kind],
  ['run', 'trigger', RunView.shape.trigger],
  ['run', 'status', RunView.shape.status],
  ['run_stream', 'stream', RunStreamView.shape.stream],
  ['run_stream', 'status', RunStreamView.shape.status],
  ['export_job', 'status', ExportJobView.shape.status],
  ['export_chunk', 'status', ChunkView.shape.status],
  ['schedule', 'kind', ScheduleView.shape.kind],
  ['schedule', 'managed_by', ScheduleView.shape.managed_by],
  ['sweep', 'status', SweepView.shape.status],
  ['sweep_finding', 'cause', SweepRowView.shape.cause],
  ['audit_event', 'actor_kind', AuditEventView.shape.actor_kind],
  ['asset', 'status', AssetView.shape.status],
  ['asset_event', 'kind', AssetEventView.shape.kind],
  ['asset_event', 'cause', AssetEventView.shape.cause],
  ['asset_event', 'status', AssetEventView.shape.status],
  ['compliance_result', 'state', ComplianceView.shape.state],
  ['compliance_result', 'end_cause', ComplianceView.shape.end_cause],
  ['scan_run', 'details_problem', ScanRunView.shape.details],
  ['finding', 'state', FindingView.shape.state],
  ['finding', 'severity', FindingView.shape.severity],
  ['finding', 'default_severity', FindingView.shape.default_severity],
  ['finding', 'severity_modification', FindingView.shape.severity_modification],
  ['finding', 'end_cause', FindingView.shape.end_cause],
  ['finding_event', 'kind', FindingEventView.shape.kind],
  ['finding_event', 'cause', FindingEventView.shape.cause],
  ['finding_event', 'cause', Change.shape.cause],
]

for (const [table, column, schema] of sets) {
  test(`every ${column} that ${table} may hold can be answered`, async () => {
    const { rows } = await db.database.query<{ rule: string }>(
      `select pg_get_constraintdef(c.oid) as rule
       from pg_constraint c
       join pg_attribute a on a.attrelid = c.conrelid and c.conkey = array[a.attnum]
       where c.conrelid = $1::regclass and c.contype = 'c' and a.attname = $2`,
      [table, column],
    )
    const words = rows.flatMap(({ rule }) => [...rule.matchAll(/'([a-z_-]+)'::text/g)].map(match => match[1]))
    expect(words.length).toBeGreaterThan(1)
    expect(words.filter(word => !schema.safeParse(word).success)).toEqual([])
  })
}
