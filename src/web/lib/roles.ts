import type { GrantView } from '../../contract/accounts.ts'
import type { Role } from '../../domain/role.ts'

export const roleLabels: Readonly<Record<Role, string>> = {
  viewer: 'Viewer',
  analyst: 'Analyst',
  operator: 'Operator',
  admin: 'Administrator',
}

/** What each adds to the one before it. */
export const roleDescriptions: Readonly<Record<Role, string>> = {
  viewer: 'sees assets, findings, runs and exports them',
  analyst: 'also sees records that could not be read',
  operator: 'also starts and stops runs, and decides schedules and sweeps',
  admin: 'also changes sources, people and roles, and reads the audit',
}

/** A grant in one line. */
export function grantText(grant: GrantView, sourceName: (id: number) => string): string {
  const { role, tenant, source_ids, tags } = grant
  return [
    roleLabels[role],
    tenant === null ? '' : `in ${tenant}`,
    source_ids === null ? '' : `of ${source_ids.map(sourceName).join(', ')}`,
    tags === null ? '' : `with tag ${tags.join(' or ')}`,
    grant.managed_by === 'oidc' ? '(by group)' : '',
  ]
    .filter(part => part !== '')
    .join(' ')
}
