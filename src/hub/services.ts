import { systemClock } from '../platform/clock.ts'
import { unrestricted } from '../store/access.ts'
import type { Database } from '../store/database.ts'
import {
  type ComplianceCheckView,
  type ComplianceGroupsRequest,
  listComplianceChecks,
} from '../store/queries/compliance-checks.ts'
import { type ComplianceListRequest, listCompliance } from '../store/queries/compliance-list.ts'
import type { ComplianceView } from '../store/queries/compliance-view.ts'
import type { AssetFilter } from '../store/queries/filters.ts'
import type { RowsPage } from '../store/queries/rows-page.ts'
import { loadScanCoverage, type ScanCoverage } from '../store/queries/scan-coverage.ts'
import { listScans, type ScanListRequest } from '../store/queries/scan-list.ts'
import type { ScanView } from '../store/queries/scan-view.ts'

/** What is asked of scans and compliance results. */
export interface ServiceReads {
  scans(request: ScanListRequest): Promise<RowsPage<ScanView>>
  scanCoverage(filter: AssetFilter, days: number): Promise<ScanCoverage>
  compliance(request: ComplianceListRequest): Promise<RowsPage<ComplianceView>>
  complianceChecks(request: ComplianceGroupsRequest): Promise<RowsPage<ComplianceCheckView>>
}

export function serviceReadsOf(database: Database): ServiceReads {
  return {
    scans: request => listScans(unrestricted(database), request),
    scanCoverage: (filter, days) => loadScanCoverage(unrestricted(database), { filter, days, now: systemClock.now() }),
    compliance: request => listCompliance(unrestricted(database), request),
    complianceChecks: request => listComplianceChecks(unrestricted(database), request),
  }
}
