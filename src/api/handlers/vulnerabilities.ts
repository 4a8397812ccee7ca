import { loadFindingFlow } from '../../store/queries/finding-flow.ts'
import { listFindingPlugins } from '../../store/queries/finding-plugins.ts'
import { loadFindingSeverities } from '../../store/queries/finding-severities.ts'
import { loadPluginHistory } from '../../store/queries/plugin-history.ts'
import { listPluginOwners } from '../../store/queries/plugin-owners.ts'
import { loadSla } from '../../store/queries/sla.ts'
import { loadSlaEffect } from '../../store/queries/sla-effect.ts'
import { loadMttr } from '../../store/queries/time-to-fix.ts'
import { refuseNarrowed } from '../../store/queries/visible-sources.ts'
import { saveSla } from '../../store/sla.ts'
import type { Handlers } from '../handler.ts'
import { pageRequest } from '../page-request.ts'

/** Findings folded by plugin, and how they come and go. */
export const vulnerabilityHandlers = {
  listFindingPlugins: ({ database }, { query: { sort, ...query } }) => {
    const { page, filter } = pageRequest(query)
    return listFindingPlugins(database, { ...page, filter, sort })
  },
  listPluginOwners: ({ database }, { params, query }) => listPluginOwners(database, params.id, query),
  getPluginHistory: ({ database, clock }, { params, query: { days, ...filter } }) =>
    loadPluginHistory(database, { pluginId: params.id, filter, days }, clock.now()),
  getFindingSeverities: ({ database }, { query }) => loadFindingSeverities(database, query),
  getFindingFlow: ({ database, clock }, { query: { days, per, due, ...filter } }) =>
    loadFindingFlow(database, { filter, days, per, due }, clock.now()),
  getMttr: ({ database, clock }, { query: { days, ...filter } }) => loadMttr(database, { filter, days }, clock.now()),

  // One policy for all tenants: everybody may read it.
  getSla: async ({ database }) => ({ items: await loadSla(database) }),
  saveSla: async ({ database, unscoped }, { body, actor }) => {
    refuseNarrowed(database)
    await saveSla(unscoped, body, actor)
    return { items: await loadSla(database) }
  },
  previewSla: ({ database }, { body }) => loadSlaEffect(database, body),
} satisfies Partial<Handlers>
