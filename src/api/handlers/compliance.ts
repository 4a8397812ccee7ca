import { getComplianceCheck, listComplianceChecks } from '../../store/queries/compliance-checks.ts'
import { listCompliance } from '../../store/queries/compliance-list.ts'
import { loadComplianceStatistics } from '../../store/queries/compliance-statistics.ts'
import type { Handlers } from '../handler.ts'
import { pageRequest } from '../page-request.ts'

export const complianceHandlers = {
  listCompliance: ({ database }, { query: { sort, group, ...query } }) => {
    const { page, filter } = pageRequest(query)
    return group === 'check'
      ? listComplianceChecks(database, { ...page, filter })
      : listCompliance(database, { ...page, filter, sort })
  },
  getComplianceCheck: ({ database }, { params, query }) => {
    const { page, filter } = pageRequest(query)
    return getComplianceCheck(database, { ...page, filter, checkId: params.id })
  },
  getComplianceStatistics: ({ database, clock }, { query: { from, to, ...filter } }) =>
    loadComplianceStatistics(database, { filter, from, to, now: clock.now() }),
} satisfies Partial<Handlers>
