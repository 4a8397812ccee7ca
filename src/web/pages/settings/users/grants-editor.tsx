import { Button, MultiSelect, Select, TagsInput } from '@mantine/core'
import type { TenantList } from '../../../../contract/accounts.ts'
import { type Role, roles } from '../../../../domain/role.ts'
import { roleDescriptions, roleLabels } from '../../../lib/roles.ts'
import styles from '../settings.module.css'

/** A role as it is being edited. */
export interface DraftGrant {
  readonly key: number
  readonly role: Role
  /** `all` or the id of a tenant. */
  readonly tenant: string
  readonly sources: readonly string[]
  readonly tags: readonly string[]
}

interface GrantsEditorProps {
  readonly tenants: TenantList
  readonly grants: readonly DraftGrant[]
  readonly onChange: (grants: readonly DraftGrant[]) => void
}

let lastKey = 0

export function newGrant(tenants: TenantList): DraftGrant {
  lastKey += 1
  const tenant = tenants.administers_all ? 'all' : String(tenants.items[0]?.id ?? 'all')
  return { key: lastKey, role: 'viewer', tenant, sources: [], tags: [] }
}

/** For the API. */
export function presentGrant({ role, tenant, sources, tags }: DraftGrant) {
  return {
    role,
    tenant_id: tenant === 'all' ? null : Number(tenant),
    source_ids: sources.length === 0 ? null : sources.map(Number),
    tags: tags.length === 0 ? null : [...tags],
  }
}

/** What a person may do, and where; several roles add up. */
export function GrantsEditor({ tenants, grants, onChange }: GrantsEditorProps) {
  const change = (key: number, part: Partial<DraftGrant>) =>
    onChange(grants.map(grant => (grant.key === key ? { ...grant, ...part } : grant)))
  const places = [
    ...(tenants.administers_all ? [{ value: 'all', label: 'Everywhere' }] : []),
    ...tenants.items.map(tenant => ({ value: String(tenant.id), label: tenant.name })),
  ]
  return (
    <>
      {grants.map((grant, index) => (
        <fieldset key={grant.key} className={styles.grant} aria-label={`Role ${index + 1}`}>
          <Select
            label="Role"
            description={roleDescriptions[grant.role]}
            data={roles.map(role => ({ value: role, label: roleLabels[role] }))}
            value={grant.role}
            allowDeselect={false}
            onChange={role => change(grant.key, { role: roles.find(one => one === role) ?? 'viewer' })}
          />
          {places.length > 1 && (
            <Select
              label="Where"
              data={places}
              value={grant.tenant}
              allowDeselect={false}
              onChange={tenant => change(grant.key, { tenant: tenant ?? 'all', sources: [] })}
            />
          )}
          <MultiSelect
            label="Only these sources"
            placeholder={grant.sources.length === 0 ? 'All' : ''}
            data={tenants.items
              .filter(tenant => grant.tenant === 'all' || String(tenant.id) === grant.tenant)
              .flatMap(tenant => tenant.sources)
              .map(source => ({ value: String(source.id), label: source.name }))}
            value={[...grant.sources]}
            onChange={sources => change(grant.key, { sources })}
          />
          <TagsInput
            label="Only assets with one of these tags"
            description="Key or Key:Value, then Enter"
            placeholder={grant.tags.length === 0 ? 'All assets' : ''}
            value={[...grant.tags]}
            onChange={tags => change(grant.key, { tags })}
          />
          <div style={{ alignSelf: 'end' }}>
            <Button variant="default" onClick={() => onChange(grants.filter(one => one.key !== grant.key))}>
              Take this role away
            </Button>
          </div>
        </fieldset>
      ))}
      <div>
        <Button variant="default" onClick={() => onChange([...grants, newGrant(tenants)])}>
          Add a role
        </Button>
      </div>
    </>
  )
}
