import type { Database } from '../../src/store/database.ts'
import type { GroupRuleTerms } from '../../src/store/groups/rule-rows.ts'
import { type ChangedRule, createGroupRule } from '../../src/store/groups/rules.ts'
import { tester } from './mirror.ts'

/** A whole rule from the few facts a test is about. */
export function aRule(facts: Partial<GroupRuleTerms> = {}): GroupRuleTerms {
  return {
    name: 'rule',
    priority: 100,
    conditions: { tag: ['Env'] },
    owner: null,
    criticality: null,
    group: null,
    validFrom: '2020-01-01',
    validTo: null,
    isEnabled: true,
    ...facts,
  }
}

export function ruleOf(database: Database, facts: Partial<GroupRuleTerms>): Promise<ChangedRule> {
  return createGroupRule(database, aRule(facts), new Date(), tester)
}
