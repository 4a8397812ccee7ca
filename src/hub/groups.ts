import { systemClock } from '../platform/clock.ts'
import { unrestricted } from '../store/access.ts'
import type { Actor } from '../store/audit.ts'
import type { Database } from '../store/database.ts'
import { setAssetOwner } from '../store/groups/owner.ts'
import { listGroupRules } from '../store/groups/rule-rows.ts'
import {
  changedRuleView,
  type GivenRule,
  type GroupRuleView,
  groupRuleTerms,
  groupRuleView,
} from '../store/groups/rule-view.ts'
import {
  createGroupRule,
  previewGroupRule,
  type RulePreview,
  removeGroupRule,
  updateGroupRule,
} from '../store/groups/rules.ts'
import { getAssetId } from '../store/queries/asset-detail.ts'
import { type AssetOwnership, type GroupOverview, getAssetOwnership, loadGroups } from '../store/queries/groups.ts'

type Changed = ReturnType<typeof changedRuleView>

/** Whose an asset is, and what it belongs to. */
export interface Groups {
  overview(): Promise<GroupOverview>
  rules(): Promise<GroupRuleView[]>
  add(rule: GivenRule, actor: Actor): Promise<Changed>
  change(id: number, rule: GivenRule, actor: Actor): Promise<Changed>
  remove(id: number, actor: Actor): Promise<Changed>
  preview(change: {
    readonly rule?: GivenRule | undefined
    readonly replaces?: number | undefined
  }): Promise<RulePreview>
  /** @param assetId ours, or the vendor's */
  owner(assetId: string, asOf?: string): Promise<AssetOwnership>
  setOwner(assetId: string, owner: string | null, actor: Actor): Promise<AssetOwnership>
}

export function groupsOf(database: Database): Groups {
  const now = () => systemClock.now()
  const view = (changed: Parameters<typeof changedRuleView>[0]) => changedRuleView(changed, now())
  return {
    overview: () => loadGroups(unrestricted(database)),
    rules: async () => (await listGroupRules(database)).map(rule => groupRuleView(rule, now())),
    add: async (rule, actor) => view(await createGroupRule(database, groupRuleTerms(rule, now()), now(), actor)),
    change: async (id, rule, actor) =>
      view(await updateGroupRule(database, id, groupRuleTerms(rule, now()), now(), actor)),
    remove: async (id, actor) => view(await removeGroupRule(database, id, now(), actor)),
    preview: ({ rule, replaces }) =>
      previewGroupRule(database, { rule: rule && groupRuleTerms(rule, now()), replaces }, now()),
    owner: (assetId, asOf) => getAssetOwnership(unrestricted(database), assetId, asOf),
    setOwner: async (assetId, owner, actor) => {
      const id = await getAssetId(unrestricted(database), assetId)
      await setAssetOwner(database, id, owner, actor)
      return getAssetOwnership(unrestricted(database), String(id))
    },
  }
}
