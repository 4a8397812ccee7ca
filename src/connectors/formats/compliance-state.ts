import type { ComplianceState } from '../../domain/compliance.ts'

const results: ReadonlyMap<string, ComplianceState> = new Map<string, ComplianceState>(
  Object.entries({
    ...{ passed: 'passed', pass: 'passed', failed: 'failed', fail: 'failed', warning: 'warning', error: 'error' },
    ...{ skipped: 'skipped', unknown: 'unknown' },
  } as const),
)

export function complianceStateOf(text: string): ComplianceState | undefined {
  return results.get(text.trim().toLowerCase())
}
