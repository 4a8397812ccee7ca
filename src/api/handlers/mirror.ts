import { administrationOf } from '../../store/accounts/administration.ts'
import { verifyAudit } from '../../store/audit.ts'
import { getAsset, getAssetId } from '../../store/queries/asset-detail.ts'
import { listAssets } from '../../store/queries/asset-list.ts'
import { loadAssetStatistics } from '../../store/queries/asset-statistics.ts'
import { listAuditEvents } from '../../store/queries/audit-list.ts'
import { getFinding } from '../../store/queries/finding-detail.ts'
import { getFindingThen } from '../../store/queries/finding-detail-then.ts'
import { getFindingHistory } from '../../store/queries/finding-history.ts'
import { listFindings } from '../../store/queries/finding-list.ts'
import { listFindingsThen } from '../../store/queries/finding-list-then.ts'
import { loadFindingStatistics } from '../../store/queries/finding-statistics.ts'
import { loadFindingStatisticsThen } from '../../store/queries/finding-statistics-then.ts'
import { loadSyncStatistics } from '../../store/queries/freshness.ts'
import { listPluginAssets } from '../../store/queries/plugin-assets.ts'
import { getPlugin } from '../../store/queries/plugin-detail.ts'
import { listPlugins } from '../../store/queries/plugin-list.ts'
import { listQualityIssues, listRejected } from '../../store/queries/record-lists.ts'
import { refuseNarrowed } from '../../store/queries/visible-sources.ts'
import type { Handlers } from '../handler.ts'
import { momentOf } from '../moment-of.ts'
import { pageRequest } from '../page-request.ts'

/** Reads of what is mirrored. */
export const mirrorHandlers = {
  listAssets: ({ database }, { query: { sort, ...query } }) => {
    const { page, filter } = pageRequest(query)
    return listAssets(database, { ...page, filter, sort })
  },
  getAsset: ({ database }, { params }) => getAsset(database, params.id),
  listAssetFindings: async ({ database }, { params, query: { sort, as_of, known_at, ...query } }) => {
    const { page, filter } = pageRequest(query)
    const moment = momentOf(as_of, known_at)
    const asset_id = [await getAssetId(database, params.id)]
    // Of this asset, whether the default count has it or not.
    const include = [...new Set([...(filter.include ?? []), 'unlicensed', 'untracked', 'gone'] as const)]
    const request = { ...page, filter: { ...filter, asset_id, include }, sort }
    return moment ? listFindingsThen(database, request, moment) : listFindings(database, request)
  },

  listFindings: ({ database }, { query: { sort, as_of, known_at, ...query } }) => {
    const { page, filter } = pageRequest(query)
    const moment = momentOf(as_of, known_at)
    const request = { ...page, filter, sort }
    return moment ? listFindingsThen(database, request, moment) : listFindings(database, request)
  },
  getFinding: ({ database }, { params, query }) => {
    const moment = momentOf(query.as_of, query.known_at)
    return moment ? getFindingThen(database, params.id, moment) : getFinding(database, params.id)
  },
  getFindingHistory: ({ database }, { params }) => getFindingHistory(database, params.id),

  listPlugins: ({ database }, { query: { sort, counts, ...query } }) => {
    const { page, filter } = pageRequest(query)
    return listPlugins(database, { ...page, filter, sort, counts })
  },
  getPlugin: ({ database }, { params, query }) => getPlugin(database, params.id, query.source_id),
  listPluginAssets: ({ database }, { params, query }) => {
    const { page, filter } = pageRequest(query)
    return listPluginAssets(database, { ...page, filter, pluginId: params.id })
  },

  getAssetStatistics: ({ database }, { query }) => loadAssetStatistics(database, query),
  getFindingStatistics: ({ database }, { query: { as_of, known_at, ...filter } }) => {
    const moment = momentOf(as_of, known_at)
    return moment ? loadFindingStatisticsThen(database, filter, moment) : loadFindingStatistics(database, filter)
  },
  getSyncStatistics: ({ database, clock }) => loadSyncStatistics(database, clock.now()),

  listRejected: ({ database }, { query }) => {
    const { page, filter } = pageRequest(query)
    return listRejected(database, { ...page, filter })
  },
  listQualityIssues: ({ database }, { query }) => {
    const { page, filter } = pageRequest(query)
    return listQualityIssues(database, { ...page, filter })
  },
  listAudit: ({ database }, { query, principal }) => {
    const { page, filter } = pageRequest(query)
    return listAuditEvents(database, administrationOf(principal?.grants ?? []), { ...page, filter })
  },
  verifyAudit: async ({ database, unscoped }) => {
    refuseNarrowed(database)
    const { ok, checked, firstBroken } = await verifyAudit(unscoped)
    return { ok, checked, first_broken: firstBroken && { id: firstBroken.auditId, reason: firstBroken.reason } }
  },
} satisfies Partial<Handlers>
