import type { AssignedCriticality, GroupConditions, GroupRule } from '../../domain/group-rule.ts'
import { NotFoundError } from '../../platform/errors.ts'
import type { Queryable } from '../database.ts'

/** What a person decides about a rule. */
export type GroupRuleTerms = Omit<GroupRule, 'id'>

const selection = `
select group_rule_id as id, name, priority, conditions, owner, criticality, group_name as "group",
       valid_from::text as "validFrom", valid_to::text as "validTo", is_enabled as "isEnabled"
from group_rule`

interface RuleRow extends Record<string, unknown> {
  readonly id: number
  readonly name: string
  readonly priority: number
  readonly conditions: GroupConditions
  readonly owner: string | null
  readonly criticality: AssignedCriticality | null
  readonly group: string | null
  readonly validFrom: string
  readonly validTo: string | null
  readonly isEnabled: boolean
}

/** The first that goes first. */
export async function listGroupRules(queryable: Queryable): Promise<GroupRule[]> {
  const { rows } = await queryable.query<RuleRow>(`${selection} order by priority, group_rule_id`)
  return rows
}

/** @throws NotFoundError `group_rule_not_found` */
export async function getGroupRule(queryable: Queryable, id: number): Promise<GroupRule> {
  const { rows } = await queryable.query<RuleRow>(`${selection} where group_rule_id = $1`, [id])
  if (!rows[0]) throw new NotFoundError('group_rule_not_found', `There is no rule ${id}.`, { context: { rule: id } })
  return rows[0]
}

const valuesOf = (rule: GroupRuleTerms) => [
  ...[rule.name, rule.priority, JSON.stringify(rule.conditions), rule.owner, rule.criticality, rule.group],
  ...[rule.validFrom, rule.validTo, rule.isEnabled],
]

export async function insertGroupRule(queryable: Queryable, rule: GroupRuleTerms): Promise<number> {
  const { rows } = await queryable.query<{ id: number }>(
    `insert into group_rule (name, priority, conditions, owner, criticality, group_name, valid_from, valid_to, is_enabled)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     returning group_rule_id as id`,
    valuesOf(rule),
  )
  return rows[0]!.id
}

export async function replaceGroupRule(queryable: Queryable, id: number, rule: GroupRuleTerms): Promise<void> {
  await queryable.query(
    `update group_rule
     set name = $1, priority = $2, conditions = $3, owner = $4, criticality = $5, group_name = $6, valid_from = $7,
         valid_to = $8, is_enabled = $9, updated_at = now()
     where group_rule_id = $10`,
    [...valuesOf(rule), id],
  )
}

export async function deleteGroupRule(queryable: Queryable, id: number): Promise<void> {
  await queryable.query('delete from group_rule where group_rule_id = $1', [id])
}
