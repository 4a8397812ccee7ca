import type { ReachingGrant } from '../access.ts'

/** Whose users somebody may see and change. */
export interface Administration {
  /** Everybody, and what belongs to no tenant. */
  readonly isOfAll: boolean
  readonly tenantIds: readonly number[]
}

export const ofAll: Administration = { isOfAll: true, tenantIds: [] }

/** An administrator of some sources or tags only could give away more than they have: they administer nobody. */
export function administrationOf(grants: readonly ReachingGrant[]): Administration {
  const held = grants.filter(grant => grant.role === 'admin' && grant.isUnnarrowed)
  return {
    isOfAll: held.some(grant => grant.tenantId === null),
    tenantIds: [...new Set(held.flatMap(grant => (grant.tenantId === null ? [] : [grant.tenantId])))],
  }
}

export function administers({ isOfAll, tenantIds }: Administration, tenantId: number | null): boolean {
  return isOfAll || (tenantId !== null && tenantIds.includes(tenantId))
}
