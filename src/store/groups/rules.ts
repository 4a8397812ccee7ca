import { type AssignedCriticality, type GroupRule, holdsOn } from '../../domain/group-rule.ts'
import type { JsonObject } from '../../domain/json.ts'
import { ConfigError } from '../../platform/errors.ts'
import { type Actor, recordAudit } from '../audit.ts'
import type { Connection, Database } from '../database.ts'
import { desiredGroups } from './desired.ts'
import { dayToFollow, followRules, holdGroups } from './regroup.ts'
import {
  deleteGroupRule,
  type GroupRuleTerms,
  getGroupRule,
  insertGroupRule,
  listGroupRules,
  replaceGroupRule,
} from './rule-rows.ts'

/** More would make one statement too long to plan. */
const rulesAtMost = 200

/** A rule that was changed, and what it changed. */
export interface ChangedRule {
  readonly rule: GroupRule
  readonly assetsChanged: number
}

/** @throws ConfigError `group_rule_name_taken`, `too_many_group_rules` */
export async function createGroupRule(
  database: Database,
  terms: GroupRuleTerms,
  now: Date,
  actor: Actor,
): Promise<ChangedRule> {
  return changing(database, now, async connection => {
    const rules = await listGroupRules(connection)
    if (rules.length >= rulesAtMost) {
      throw new ConfigError(
        'too_many_group_rules',
        `There are ${rulesAtMost} rules, the most there may be. Remove one.`,
      )
    }
    refuseTakenName(rules, terms.name, undefined)
    const id = await insertGroupRule(connection, terms)
    const rule = await getGroupRule(connection, id)
    await audit(connection, actor, 'group_rule.created', rule)
    return rule
  })
}

/**
 * @throws NotFoundError `group_rule_not_found`
 * @throws ConfigError `group_rule_name_taken`
 */
export async function updateGroupRule(
  database: Database,
  id: number,
  terms: GroupRuleTerms,
  now: Date,
  actor: Actor,
): Promise<ChangedRule> {
  return changing(database, now, async connection => {
    await getGroupRule(connection, id)
    refuseTakenName(await listGroupRules(connection), terms.name, id)
    await replaceGroupRule(connection, id, terms)
    const rule = await getGroupRule(connection, id)
    await audit(connection, actor, 'group_rule.changed', rule)
    return rule
  })
}

/** @throws NotFoundError `group_rule_not_found` */
export async function removeGroupRule(database: Database, id: number, now: Date, actor: Actor): Promise<ChangedRule> {
  return changing(database, now, async connection => {
    const rule = await getGroupRule(connection, id)
    await deleteGroupRule(connection, id)
    await audit(connection, actor, 'group_rule.removed', rule)
    return rule
  })
}

function changing(
  database: Database,
  now: Date,
  change: (connection: Connection) => Promise<GroupRule>,
): Promise<ChangedRule> {
  return database.transaction(async connection => {
    await holdGroups(connection)
    const rule = await change(connection)
    return { rule, assetsChanged: await followRules(connection, now, 'rule') }
  })
}

function refuseTakenName(rules: readonly GroupRule[], name: string, own: number | undefined): void {
  const other = rules.find(rule => rule.name === name && rule.id !== own)
  if (!other) return
  throw new ConfigError('group_rule_name_taken', `Rule ${other.id} is called "${name}" already.`, {
    context: { field: 'name' },
  })
}

async function audit(connection: Connection, actor: Actor, action: string, rule: GroupRule): Promise<void> {
  const { id, ...detail } = rule
  await recordAudit(connection, {
    actor,
    action,
    subject: `group_rule:${id}`,
    detail: JSON.parse(JSON.stringify(detail)) as JsonObject,
  })
}

/** A change of the rules to be looked at first: a new one, another in the place of one, or one taken away. */
export interface RuleChange {
  readonly rule?: GroupRuleTerms | undefined
  readonly replaces?: number | undefined
}

interface Grouping {
  readonly owner: string | null
  readonly criticality: AssignedCriticality | null
  readonly groups: string[]
}

export interface RulePreview {
  /** Whether the rule holds today; one of days to come changes nothing yet. */
  readonly holds_today: boolean
  /** Assets that meet its conditions. */
  readonly matched: number
  readonly changed: number
  readonly owner_changed: number
  readonly criticality_changed: number
  readonly groups_changed: number
  /** The first few by name. */
  readonly sample: {
    readonly asset_id: number
    readonly name: string
    readonly before: Grouping
    readonly after: Grouping
  }[]
}

const sampleAtMost = 20
/** The greatest there can be: a new rule comes after the older ones of its priority. */
const previewId = 2_147_483_647

/**
 * What following the changed rules would change. Writes nothing.
 * @throws NotFoundError `group_rule_not_found`
 */
export async function previewGroupRule(database: Database, change: RuleChange, now: Date): Promise<RulePreview> {
  const stored = await listGroupRules(database)
  if (change.replaces !== undefined) await getGroupRule(database, change.replaces)
  const day = await dayToFollow(database, now)
  const id = change.replaces ?? previewId
  const added: GroupRule[] = change.rule ? [{ ...change.rule, id }] : []
  const rules = [...stored.filter(rule => rule.id !== change.replaces), ...added].filter(rule => holdsOn(rule, day))
  const desired = desiredGroups(rules, 'all')
  const { rows } = await database.query<Omit<RulePreview, 'holds_today'> & Record<string, unknown>>(
    `with ${desired.text}, compared as materialized (
       select d.asset_id, $${desired.values.length + 1}::integer = any(d.rule_ids) as is_matched,
              d.owner is distinct from g.owner as is_owner,
              d.criticality is distinct from g.criticality as is_criticality,
              d.group_names is distinct from coalesce(g.group_names, '{}') as is_groups,
              jsonb_build_object('owner', g.owner, 'criticality', g.criticality,
                                 'groups', coalesce(g.group_names, '{}')) as before,
              jsonb_build_object('owner', d.owner, 'criticality', d.criticality, 'groups', d.group_names) as after
       from desired d
       left join asset_group g using (asset_id)
     ), changed as (
       select * from compared where is_owner or is_criticality or is_groups
     )
     select (select count(*) from compared where is_matched) as matched, count(*) as changed,
            count(*) filter (where is_owner) as owner_changed,
            count(*) filter (where is_criticality) as criticality_changed,
            count(*) filter (where is_groups) as groups_changed,
            coalesce((select jsonb_agg(jsonb_build_object('asset_id', s.asset_id, 'name', s.name, 'before', s.before,
                                                          'after', s.after) order by s.name collate "C", s.asset_id)
                      from (select c.*, a.name
                            from changed c join asset a using (asset_id)
                            order by a.name collate "C", a.asset_id
                            limit ${sampleAtMost}) as s), '[]') as sample
     from changed`,
    [...desired.values, id],
  )
  return { holds_today: added.some(rule => holdsOn(rule, day)), ...rows[0]! }
}
