import { getAssetTimeline } from '../../store/queries/asset-timeline.ts'
import { loadChanges } from '../../store/queries/changes.ts'
import { loadDailyStatistics } from '../../store/queries/daily-statistics.ts'
import type { Handlers } from '../handler.ts'

export const historyHandlers = {
  getAssetTimeline: ({ database }, { params }) => getAssetTimeline(database, params.id),
  getDailyFindingStatistics: ({ database }, { query }) => loadDailyStatistics(database, query),
  listChanges: ({ database }, { query }) => loadChanges(database, query),
} satisfies Partial<Handlers>
