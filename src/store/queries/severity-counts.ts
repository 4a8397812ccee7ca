import { type Severity, severities } from '../../domain/severity.ts'

export type SeverityCounts = Readonly<Record<Severity, number>>

export function perSeverity(count: (severity: Severity) => number): SeverityCounts {
  return {
    info: count('info'),
    low: count('low'),
    medium: count('medium'),
    high: count('high'),
    critical: count('critical'),
  }
}

export function totalOf(counts: SeverityCounts): number {
  return severities.reduce((sum, severity) => sum + counts[severity], 0)
}
