import { type Severity, severities } from '../../domain/severity.ts'

/** Worst first, as people read them. */
export const worstFirst: readonly Severity[] = severities.toReversed()

export const severityLabels = {
  critical: 'Critical',
  high: 'High',
  medium: 'Medium',
  low: 'Low',
  info: 'Info',
} as const satisfies Record<Severity, string>

/** The colour of a severity in the theme that is on. */
export function severityColour(severity: Severity): string {
  return `var(--severity-${severity})`
}

export function sumOf(counts: Readonly<Record<Severity, number>>): number {
  return severities.reduce((sum, severity) => sum + counts[severity], 0)
}
