import { getAsset, getAssetId } from '../../store/queries/asset-detail.ts'
import { listAssets } from '../../store/queries/asset-list.ts'
import { loadAssetStatistics } from '../../store/queries/asset-statistics.ts'
import { listAuditEvents } from '../../store/queries/audit-list.ts'
import { getFinding } from '../../store/queries/finding-detail.ts'
import { getFindingHistory } from '../../store/queries/finding-history.ts'
import { listFindings } from '../../store/queries/finding-list.ts'
import { loadFindingStatistics } from '../../store/queries/finding-statistics.ts'
import { loadSyncStatistics } from '../../store/queries/freshness.ts'
import { listPluginAssets } from '../../store/queries/plugin-assets.ts'
import { getPlugin } from '../../store/queries/plugin-detail.ts'
import { listPlugins } from '../../store/queries/plugin-list.ts'
import { listQualityIssues, listRejected } from '../../store/queries/record-lists.ts'
import type { Handlers } from '../handler.ts'
import { pageRequest } from '../page-request.ts'

/** Reads of what is mirrored. */
export const mirrorHandlers = {
  listAssets: ({ database }, { query: { sort, ...query } }) => {
    const { page, filter } = pageRequest(query)
    return listAssets(database, { ...page, filter, sort })
  },
  getAsset: ({ database }, { params }) => getAsset(database, params.id),
  listAssetFindings: async ({ database }, { params, query: { sort, ...query } }) => {
    const { page, filter } = pageRequest(query)
    const asset_id = [await getAssetId(database, params.id)]
    // Of this asset, whether the default count has it or not.
    const include = [...new Set([...(filter.include ?? []), 'unlicensed', 'untracked', 'gone'] as const)]
    return listFindings(database, { ...page, filter: { ...filter, asset_id, include }, sort })
  },

  listFindings: ({ database }, { query: { sort, ...query } }) => {
    const { page, filter } = pageRequest(query)
    return listFindings(database, { ...page, filter, sort })
  },
  getFinding: ({ database }, { params }) => getFinding(database, params.id),
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
  getFindingStatistics: ({ database }, { query }) => loadFindingStatistics(database, query),
  getSyncStatistics: ({ database, clock }) => loadSyncStatistics(database, clock.now()),

  listRejected: ({ database }, { query }) => {
    const { page, filter } = pageRequest(query)
    return listRejected(database, { ...page, filter })
  },
  listQualityIssues: ({ database }, { query }) => {
    const { page, filter } = pageRequest(query)
    return listQualityIssues(database, { ...page, filter })
  },
  listAudit: ({ database }, { query }) => {
    const { page, filter } = pageRequest(query)
    return listAuditEvents(database, { ...page, filter })
  },
} satisfies Partial<Handlers>
