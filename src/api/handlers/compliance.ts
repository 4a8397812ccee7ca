import { listComplianceAssets } from '../../store/queries/compliance-assets.ts'
import { getComplianceCheck, listComplianceChecks } from '../../store/queries/compliance-checks.ts'
import { listCompliance } from '../../store/queries/compliance-list.ts'
import { loadComplianceStatistics } from '../../store/queries/compliance-statistics.ts'
import type { Handlers } from '../handler.ts'
import { pageRequest } from '../page-request.ts'

export const complianceHandlers = {
  listCompliance: ({ database }, { query: { sort, group, as_of: asOf, ...query } }) => {
    const { page, filter } = pageRequest(query)
    if (group === 'check') return listComplianceChecks(database, { ...page, filter, asOf })
    if (group === 'asset') return listComplianceAssets(database, { ...page, filter, asOf })
    return listCompliance(database, { ...page, filter, sort, asOf })
  },
  getComplianceCheck: ({ database }, { params, query: { as_of: asOf, ...query } }) => {
    const { page, filter } = pageRequest(query)
    return getComplianceCheck(database, { ...page, filter, checkId: params.id, asOf })
  },
  getComplianceStatistics: ({ database, clock }, { query: { from, to, as_of: asOf, ...filter } }) =>
    loadComplianceStatistics(database, { filter, from, to, asOf, now: clock.now() }),
} satisfies Partial<Handlers>
