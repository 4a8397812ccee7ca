import type { ComplianceState } from '../../domain/compliance.ts'

const results: Readonly<Record<string, ComplianceState>> = {
  ...{ passed: 'passed', pass: 'passed', failed: 'failed', fail: 'failed', warning: 'warning', error: 'error' },
  ...{ skipped: 'skipped', unknown: 'unknown' },
}

export function complianceStateOf(text: string): ComplianceState | undefined {
  return results[text.trim().toLowerCase()]
}
