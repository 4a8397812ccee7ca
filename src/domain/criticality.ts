export const criticalities = ['unknown', 'low', 'medium', 'high', 'critical'] as const
/** How much depends on an asset. Derived: sources send the ACR, readers expect a word. */
export type Criticality = (typeof criticalities)[number]

/**
 * The word for an ACR: 1–3 low, 4–6 medium, 7–8 high, 9–10 critical; unknown without one. `compat.tenable_assets` has the
 * same rule.
 */
export function criticalityOf(acrScore: number | null): Criticality {
  if (acrScore === null || acrScore < 1) return 'unknown'
  if (acrScore < 4) return 'low'
  if (acrScore < 7) return 'medium'
  if (acrScore < 9) return 'high'
  return 'critical'
}
