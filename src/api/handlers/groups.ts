import { setAssetOwner } from '../../store/groups/owner.ts'
import { getGroupRule, listGroupRules } from '../../store/groups/rule-rows.ts'
import { changedRuleView, groupRuleTerms, groupRuleView } from '../../store/groups/rule-view.ts'
import { createGroupRule, previewGroupRule, removeGroupRule, updateGroupRule } from '../../store/groups/rules.ts'
import { getAssetId } from '../../store/queries/asset-detail.ts'
import { getAssetOwnership, loadGroups } from '../../store/queries/groups.ts'
import { type Handlers, WithStatus } from '../handler.ts'

export const groupHandlers = {
  listGroups: ({ database }) => loadGroups(database),

  listGroupRules: async ({ database, clock }) => ({
    items: (await listGroupRules(database)).map(rule => groupRuleView(rule, clock.now())),
  }),
  getGroupRule: async ({ database, clock }, { params }) =>
    groupRuleView(await getGroupRule(database, params.id), clock.now()),
  createGroupRule: async ({ database, clock }, { body, actor }) => {
    const now = clock.now()
    const changed = await createGroupRule(database, groupRuleTerms(body, now), now, actor)
    return new WithStatus(201, changedRuleView(changed, now))
  },
  updateGroupRule: async ({ database, clock }, { params, body, actor }) => {
    const now = clock.now()
    return changedRuleView(await updateGroupRule(database, params.id, groupRuleTerms(body, now), now, actor), now)
  },
  removeGroupRule: async ({ database, clock }, { params, actor }) => {
    const now = clock.now()
    return changedRuleView(await removeGroupRule(database, params.id, now, actor), now)
  },
  previewGroupRule: ({ database, clock }, { body }) => {
    const now = clock.now()
    const rule = body.rule && groupRuleTerms(body.rule, now)
    return previewGroupRule(database, { rule, replaces: body.replaces }, now)
  },

  getAssetOwner: ({ database }, { params, query }) => getAssetOwnership(database, params.id, query.as_of),
  setAssetOwner: async ({ database }, { params, body, actor }) => {
    const assetId = await getAssetId(database, params.id)
    await setAssetOwner(database, assetId, body.owner, actor)
    return getAssetOwnership(database, String(assetId))
  },
} satisfies Partial<Handlers>
