import type { GroupRuleView } from '../../../../contract/groups.ts'
import type { OperationInput } from '../../../../contract/routes.ts'
import type { AssignedCriticality, GroupConditions } from '../../../../domain/group-rule.ts'

export type RuleBody = NonNullable<OperationInput<'createGroupRule'>['body']>

/** A rule as it is typed. */
export interface RuleDraft {
  readonly name: string
  readonly priority: number
  readonly conditions: Readonly<Record<ConditionKey, readonly string[]>>
  readonly owner: string
  readonly criticality: AssignedCriticality | null
  readonly group: string
  readonly validFrom: string
  readonly validTo: string
  readonly isEnabled: boolean
}

export const conditionFields = [
  { key: 'tag', label: 'Tags', hint: 'Key:Value, or Key alone' },
  { key: 'name', label: 'Names', hint: 'Host name or FQDN; * is anything' },
  { key: 'cidr', label: 'Addresses', hint: '10.0.0.0/8, or one address' },
  { key: 'network', label: 'Networks', hint: 'The name or the id of a network' },
  { key: 'os', label: 'Operating systems', hint: 'Part of the name' },
] as const satisfies readonly { key: keyof GroupConditions; label: string; hint: string }[]
export type ConditionKey = (typeof conditionFields)[number]['key'] | 'source_id'

export function draftOf(rule: GroupRuleView | undefined): RuleDraft {
  const conditions = rule?.conditions ?? {}
  const listOf = (key: (typeof conditionFields)[number]['key']) => conditions[key] ?? []
  return {
    name: rule?.name ?? '',
    priority: rule?.priority ?? 100,
    conditions: {
      tag: listOf('tag'),
      name: listOf('name'),
      cidr: listOf('cidr'),
      network: listOf('network'),
      os: listOf('os'),
      source_id: (conditions.source_id ?? []).map(String),
    },
    owner: rule?.owner ?? '',
    criticality: rule?.criticality ?? null,
    group: rule?.group ?? '',
    validFrom: rule?.valid_from ?? '',
    validTo: rule?.valid_to ?? '',
    isEnabled: rule?.is_enabled ?? true,
  }
}

export function bodyOf(draft: RuleDraft): RuleBody {
  const { source_id: sources, ...texts } = draft.conditions
  const asked = Object.entries(texts).filter(([, values]) => values.length > 0)
  return {
    name: draft.name.trim(),
    priority: draft.priority,
    conditions: {
      ...Object.fromEntries(asked.map(([key, values]) => [key, [...values]])),
      ...(sources.length > 0 ? { source_id: sources.map(Number) } : {}),
    },
    owner: draft.owner.trim() || null,
    criticality: draft.criticality,
    group: draft.group.trim() || null,
    ...(draft.validFrom === '' ? {} : { valid_from: draft.validFrom }),
    valid_to: draft.validTo || null,
    is_enabled: draft.isEnabled,
  }
}

/** `tag Env:Prod or Env:Test, and address 10.0.0.0/8` */
export function conditionsText(conditions: GroupConditions): string {
  const words = {
    tag: 'tag',
    name: 'name',
    cidr: 'address in',
    network: 'network',
    os: 'system with',
    source_id: 'source',
  }
  return (Object.keys(words) as ConditionKey[])
    .flatMap(key => {
      const values = conditions[key]
      return values === undefined || values.length === 0 ? [] : [`${words[key]} ${values.join(' or ')}`]
    })
    .join(', and ')
}
