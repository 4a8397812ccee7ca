import { Button, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { TenantList, UserView } from '../../../../contract/accounts.ts'
import { ProblemView } from '../../../components/problem-view.tsx'
import { usersQuery } from '../../../lib/account-queries.ts'
import { api } from '../../../lib/api.ts'
import styles from '../settings.module.css'
import { type DraftGrant, GrantsEditor, newGrant, presentGrant } from './grants-editor.tsx'

interface UserFormProps {
  /** Without one, a person is added. */
  readonly user?: UserView
  readonly tenants: TenantList
  /** @param link the path of the one-time link of a new person */
  readonly onSaved: (userName: string, link: string | undefined) => void
}

export function UserForm({ user, tenants, onSaved }: UserFormProps) {
  const [typed, setTyped] = useState({ userName: '', displayName: user?.display_name ?? '' })
  const [grants, setGrants] = useState<readonly DraftGrant[]>(() => draftsOf(user, tenants))
  const client = useQueryClient()
  const save = useMutation({
    mutationFn: async () => {
      const wanted = grants.map(presentGrant)
      const displayName = typed.displayName.trim()
      if (user === undefined) {
        const body = {
          user_name: typed.userName.trim(),
          grants: wanted,
          ...(displayName === '' ? {} : { display_name: displayName }),
        }
        const made = await api.call('createUser', { body })
        onSaved(made.user.user_name, made.link.path)
        return
      }
      const isRenamed = displayName !== '' && displayName !== user.display_name
      const body = { grants: wanted, ...(isRenamed ? { display_name: displayName } : {}) }
      await api.call('updateUser', { params: { id: user.id }, body })
      onSaved(user.user_name, undefined)
    },
    onSettled: () => client.invalidateQueries({ queryKey: usersQuery.queryKey }),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate()
  }
  return (
    <form onSubmit={submit} className={styles.form} autoComplete="off">
      {user === undefined && (
        <TextInput
          label="User name"
          description="What the person types to sign in"
          required
          maxLength={64}
          spellCheck={false}
          value={typed.userName}
          onChange={event => setTyped({ ...typed, userName: event.currentTarget.value })}
        />
      )}
      <TextInput
        label="Name to show"
        maxLength={200}
        disabled={user?.is_ours === false}
        value={typed.displayName}
        onChange={event => setTyped({ ...typed, displayName: event.currentTarget.value })}
      />
      <GrantsEditor tenants={tenants} grants={grants} onChange={setGrants} />
      {save.error && <ProblemView error={save.error} />}
      <div>
        <Button type="submit" size="sm" loading={save.isPending}>
          {user === undefined ? 'Add the person' : 'Save'}
        </Button>
      </div>
    </form>
  )
}

function draftsOf(user: UserView | undefined, tenants: TenantList): readonly DraftGrant[] {
  if (user === undefined) return [newGrant(tenants)]
  return user.grants
    .filter(grant => grant.managed_by === 'people')
    .map(grant => ({
      ...newGrant(tenants),
      role: grant.role,
      tenant: grant.tenant_id === null ? 'all' : String(grant.tenant_id),
      sources: (grant.source_ids ?? []).map(String),
      tags: grant.tags ?? [],
    }))
}
