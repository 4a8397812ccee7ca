import { setAssetOwner } from '../../store/groups/owner.ts'
import { getGroupRule, listGroupRules } from '../../store/groups/rule-rows.ts'
import { changedRuleView, groupRuleTerms, groupRuleView } from '../../store/groups/rule-view.ts'
import { createGroupRule, previewGroupRule, removeGroupRule, updateGroupRule } from '../../store/groups/rules.ts'
import { getAssetId } from '../../store/queries/asset-detail.ts'
import { getAssetOwnership, loadGroups } from '../../store/queries/groups.ts'
import { refuseNarrowed } from '../../store/queries/visible-sources.ts'
import { type Handlers, WithStatus } from '../handler.ts'

export const groupHandlers = {
  listGroups: ({ database }) => loadGroups(database),

  // Rules say something of every asset there is, and belong to no tenant.
  listGroupRules: async ({ database: seen, unscoped: database, clock }) => {
    refuseNarrowed(seen)
    return { items: (await listGroupRules(database)).map(rule => groupRuleView(rule, clock.now())) }
  },
  getGroupRule: async ({ database: seen, unscoped: database, clock }, { params }) => {
    refuseNarrowed(seen)
    return groupRuleView(await getGroupRule(database, params.id), clock.now())
  },
  createGroupRule: async ({ database: seen, unscoped: database, clock }, { body, actor }) => {
    refuseNarrowed(seen)
    const now = clock.now()
    const changed = await createGroupRule(database, groupRuleTerms(body, now), now, actor)
    return new WithStatus(201, changedRuleView(changed, now))
  },
  updateGroupRule: async ({ database: seen, unscoped: database, clock }, { params, body, actor }) => {
    refuseNarrowed(seen)
    const now = clock.now()
    return changedRuleView(await updateGroupRule(database, params.id, groupRuleTerms(body, now), now, actor), now)
  },
  removeGroupRule: async ({ database: seen, unscoped: database, clock }, { params, actor }) => {
    refuseNarrowed(seen)
    const now = clock.now()
    return changedRuleView(await removeGroupRule(database, params.id, now, actor), now)
  },
  previewGroupRule: async ({ database: seen, unscoped: database, clock }, { body }) => {
    refuseNarrowed(seen)
    const now = clock.now()
    const rule = body.rule && groupRuleTerms(body.rule, now)
    return previewGroupRule(database, { rule, replaces: body.replaces }, now)
  },

  getAssetOwner: ({ database }, { params, query }) => getAssetOwnership(database, params.id, query.as_of),
  setAssetOwner: async ({ database, unscoped }, { params, body, actor }) => {
    const assetId = await getAssetId(database, params.id)
    await setAssetOwner(unscoped, assetId, body.owner, actor)
    return getAssetOwnership(database, String(assetId))
  },
} satisfies Partial<Handlers>
