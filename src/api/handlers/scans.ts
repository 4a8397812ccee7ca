import { loadScanCoverage } from '../../store/queries/scan-coverage.ts'
import { getScan, getScanId, listScanRuns } from '../../store/queries/scan-detail.ts'
import { listScans } from '../../store/queries/scan-list.ts'
import type { Handlers } from '../handler.ts'
import { pageRequest } from '../page-request.ts'

export const scanHandlers = {
  listScans: ({ database }, { query: { sort, ...query } }) => {
    const { page, filter } = pageRequest(query)
    return listScans(database, { ...page, filter, sort })
  },
  getScanCoverage: ({ database, clock }, { query: { days, ...filter } }) =>
    loadScanCoverage(database, { filter, days, now: clock.now() }),
  getScan: ({ database }, { params }) => getScan(database, params.id),
  listScanRuns: async ({ database }, { params, query }) =>
    listScanRuns(database, { ...query, scanId: await getScanId(database, params.id) }),
} satisfies Partial<Handlers>
