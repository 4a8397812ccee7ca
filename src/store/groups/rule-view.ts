import { type GroupRule, holdsOn } from '../../domain/group-rule.ts'
import type { GroupRuleTerms } from './rule-rows.ts'
import type { ChangedRule } from './rules.ts'

// Rules as the API and the command line spell them.

export interface GroupRuleView extends Omit<GroupRule, 'validFrom' | 'validTo' | 'isEnabled'> {
  readonly valid_from: string
  readonly valid_to: string | null
  readonly is_enabled: boolean
  readonly holds_today: boolean
}

export function groupRuleView(rule: GroupRule, now: Date): GroupRuleView {
  const { validFrom, validTo, isEnabled, ...rest } = rule
  const today = now.toISOString().slice(0, 10)
  return {
    ...rest,
    valid_from: validFrom,
    valid_to: validTo,
    is_enabled: isEnabled,
    holds_today: holdsOn(rule, today),
  }
}

export function changedRuleView({ rule, assetsChanged }: ChangedRule, now: Date) {
  return { rule: groupRuleView(rule, now), assets_changed: assetsChanged }
}

/** What a caller gives, once the contract has checked it. */
export interface GivenRule extends Omit<GroupRuleTerms, 'validFrom' | 'validTo' | 'isEnabled'> {
  /** Today when left out. */
  readonly valid_from?: string | undefined
  readonly valid_to: string | null
  readonly is_enabled: boolean
}

export function groupRuleTerms(given: GivenRule, now: Date): GroupRuleTerms {
  const { valid_from, valid_to, is_enabled, ...rest } = given
  return {
    ...rest,
    validFrom: valid_from ?? now.toISOString().slice(0, 10),
    validTo: valid_to,
    isEnabled: is_enabled,
  }
}
