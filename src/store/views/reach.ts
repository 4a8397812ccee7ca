import type { ReachingGrant } from '../access.ts'
import { type Administration, administers, administrationOf } from '../accounts/administration.ts'

/** Who looks at views: what is shared with them, and what they may change of it. */
export interface Viewer {
  readonly userId: number
  /** Has a role in every tenant. */
  readonly isEverywhere: boolean
  /** The tenants that a role is in. */
  readonly tenantIds: readonly number[]
  readonly administration: Administration
}

export function viewerOf(userId: number, grants: readonly ReachingGrant[]): Viewer {
  return {
    userId,
    isEverywhere: grants.some(grant => grant.tenantId === null),
    tenantIds: [...new Set(grants.flatMap(grant => (grant.tenantId === null ? [] : [grant.tenantId])))],
    administration: administrationOf(grants),
  }
}

export function mayChange(viewer: Viewer, view: { readonly userId: number | null; readonly tenantId: number | null }) {
  if (view.userId === viewer.userId) return true
  return view.tenantId !== null && administers(viewer.administration, view.tenantId)
}
