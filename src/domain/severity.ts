/** The vendor's scale, least to most; the place in the list is the vendor's `severity_id`. */
export const severities = ['info', 'low', 'medium', 'high', 'critical'] as const
export type Severity = (typeof severities)[number]

export function isSeverity(value: string): value is Severity {
  return (severities as readonly string[]).includes(value)
}

/** @param id the vendor's `severity_id`, 0 to 4 */
export function severityOfId(id: number): Severity | undefined {
  return severities[id]
}
