// Rules that give assets an owner, a criticality, a group.

export const assignedCriticalities = ['low', 'medium', 'high', 'critical'] as const
/** How much depends on an asset, as a rule says; the vendor's ACR is another thing. */
export type AssignedCriticality = (typeof assignedCriticalities)[number]

/** Of each kind one must hold, of all kinds that are there each. */
export interface GroupConditions {
  /** `Key`, or `Key:Value` */
  readonly tag?: string[] | undefined
  /** The id or the name of a network. */
  readonly network?: string[] | undefined
  /** Part of an operating system's name. */
  readonly os?: string[] | undefined
  /** The whole of a name, with `*` for anything and `?` for one character. */
  readonly name?: string[] | undefined
  /** `10.0.0.0/8`, or one address. */
  readonly cidr?: string[] | undefined
  readonly source_id?: number[] | undefined
}

/** A rule as it is followed. */
export interface GroupRule {
  readonly id: number
  readonly name: string
  /** The lowest number goes first; of equal ones the older rule. */
  readonly priority: number
  readonly conditions: GroupConditions
  readonly owner: string | null
  readonly criticality: AssignedCriticality | null
  readonly group: string | null
  /** A day in UTC, the first on which it holds. */
  readonly validFrom: string
  /** The first day on which it no longer holds. */
  readonly validTo: string | null
  readonly isEnabled: boolean
}

export const groupCauses = ['asset', 'rule', 'day', 'person', 'repair'] as const
export type GroupCause = (typeof groupCauses)[number]

/** Whether a rule holds on a day. */
export function holdsOn(rule: Pick<GroupRule, 'validFrom' | 'validTo' | 'isEnabled'>, day: string): boolean {
  return rule.isEnabled && rule.validFrom <= day && (rule.validTo === null || day < rule.validTo)
}

/** In the order in which they go. */
export function inOrder<R extends Pick<GroupRule, 'id' | 'priority'>>(rules: readonly R[]): R[] {
  return [...rules].sort((a, b) => a.priority - b.priority || a.id - b.id)
}
