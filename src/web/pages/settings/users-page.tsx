import { Button, Modal, Skeleton } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { TenantList, UserView } from '../../../contract/accounts.ts'
import { Confirm } from '../../components/confirm.tsx'
import { Ago } from '../../components/instant.tsx'
import { PageFrame } from '../../components/page.tsx'
import { PlainTable } from '../../components/plain-table.tsx'
import { ProblemView } from '../../components/problem-view.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { tenantsQuery, usersQuery } from '../../lib/account-queries.ts'
import { api } from '../../lib/api.ts'
import { counted } from '../../lib/format.ts'
import { grantText } from '../../lib/roles.ts'
import styles from './settings.module.css'
import { ShownOnce } from './shown-once.tsx'
import { UserForm } from './user-form.tsx'

interface MadeLink {
  readonly userName: string
  readonly path: string
}

export function UsersPage() {
  const users = useQuery(usersQuery)
  const tenants = useQuery(tenantsQuery)
  const [isAdding, setIsAdding] = useState(false)
  const [link, setLink] = useState<MadeLink>()
  return (
    <PageFrame
      title="People and roles"
      sentence={users.data && `${counted(users.data.items.length, 'account')}; roles add up, and each can be narrowed.`}
      actions={
        tenants.data && (
          <Button size="sm" onClick={() => setIsAdding(true)}>
            Add a person
          </Button>
        )
      }
    >
      {link && (
        <ShownOnce title={`A link for ${link.userName}`} secret={window.location.origin + link.path}>
          Give it to the person: it works once, within a day, and is shown only now.
        </ShownOnce>
      )}
      <QueryView query={users} skeleton={<Skeleton height={240} />}>
        {data => (
          <QueryView query={tenants} skeleton={<Skeleton height={240} />}>
            {known => (
              <PlainTable
                label="People"
                className={styles.table}
                columns={['Name', 'Roles', 'Signs in with', 'Last signed in']}
                hasActs
              >
                {data.items.map(user => (
                  <Row key={user.id} user={user} tenants={known} onLink={setLink} />
                ))}
              </PlainTable>
            )}
          </QueryView>
        )}
      </QueryView>
      <Modal
        opened={isAdding}
        onClose={() => setIsAdding(false)}
        size="lg"
        title="Add a person"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        {tenants.data && (
          <UserForm
            tenants={tenants.data}
            onSaved={(userName, path) => {
              setIsAdding(false)
              if (path !== undefined) setLink({ userName, path })
            }}
          />
        )}
      </Modal>
    </PageFrame>
  )
}

interface RowProps {
  readonly user: UserView
  readonly tenants: TenantList
  readonly onLink: (link: MadeLink) => void
}

function Row({ user, tenants, onLink }: RowProps) {
  const [asking, setAsking] = useState<'roles' | 'switch' | 'remove'>()
  const nameOf = (id: number) =>
    tenants.items.flatMap(tenant => tenant.sources).find(source => source.id === id)?.name ?? `source ${id}`
  const close = () => setAsking(undefined)
  const reset = useUserMutation(async () => {
    const { path } = await api.call('makeResetLink', { params: { id: user.id } })
    onLink({ userName: user.user_name, path })
  })
  const switched = useUserMutation(async () => {
    await api.call('updateUser', { params: { id: user.id }, body: { is_disabled: !user.is_disabled } })
    close()
  })
  const removed = useUserMutation(async () => {
    await api.call('removeUser', { params: { id: user.id } })
    close()
  })
  return (
    <tr>
      <td data-label="Name">
        <div>
          <strong>{user.display_name}</strong> {user.is_disabled && <span className="dim">(switched off)</span>}
          {user.user_name !== user.display_name && <div className="dim">{user.user_name}</div>}
        </div>
      </td>
      <td data-label="Roles">
        {user.grants.length === 0 ? (
          <span className="dim">none</span>
        ) : (
          <div>
            {user.grants.map(grant => (
              <div key={grant.id}>{grantText(grant, nameOf)}</div>
            ))}
          </div>
        )}
      </td>
      <td data-label="Signs in with">{wayIn(user)}</td>
      <td data-label="Last signed in">
        <Ago at={user.last_sign_in_at} fallback="never" />
      </td>
      <td>
        <div className={styles.acts}>
          <Button variant="default" aria-label={`Roles of ${user.user_name}`} onClick={() => setAsking('roles')}>
            Roles
          </Button>
          {user.is_ours && (
            <>
              <Button
                variant="default"
                aria-label={`Reset link for ${user.user_name}`}
                loading={reset.isPending}
                onClick={() => reset.mutate()}
              >
                Reset link
              </Button>
              <Button
                variant="default"
                aria-label={`Switch ${user.user_name} ${user.is_disabled ? 'on' : 'off'}`}
                onClick={() => setAsking('switch')}
              >
                {user.is_disabled ? 'Switch on' : 'Switch off'}
              </Button>
              <Button variant="default" aria-label={`Remove ${user.user_name}`} onClick={() => setAsking('remove')}>
                Remove
              </Button>
            </>
          )}
        </div>
        {reset.error && <ProblemView error={reset.error} />}
        <Modal
          opened={asking === 'roles'}
          onClose={close}
          size="lg"
          title={`Roles of ${user.user_name}`}
          closeButtonProps={{ 'aria-label': 'Close' }}
        >
          <UserForm user={user} tenants={tenants} onSaved={close} />
        </Modal>
        <Confirm
          isOpen={asking === 'switch'}
          title={user.is_disabled ? `Switch ${user.user_name} on?` : `Switch ${user.user_name} off?`}
          act={user.is_disabled ? 'Switch on' : 'Switch off'}
          keep="Leave it"
          isBusy={switched.isPending}
          error={switched.error}
          onConfirm={() => switched.mutate()}
          onClose={close}
        >
          {user.is_disabled
            ? 'The person can sign in again with the roles above.'
            : `${counted(user.sessions, 'session')} ${user.sessions === 1 ? 'ends' : 'end'} at once, and ${counted(user.tokens, 'token')} will be refused.`}
        </Confirm>
        <Confirm
          isOpen={asking === 'remove'}
          title={`Remove ${user.user_name}?`}
          act="Remove the account"
          keep="Keep it"
          isBusy={removed.isPending}
          error={removed.error}
          onConfirm={() => removed.mutate()}
          onClose={close}
        >
          The account goes with its sessions and tokens. What the person did stays in the audit.
        </Confirm>
      </td>
    </tr>
  )
}

function wayIn(user: UserView): string {
  if (user.is_from_provider) return 'identity provider'
  return user.has_password ? 'password' : 'nothing yet: give the link'
}

function useUserMutation(mutationFn: () => Promise<void>) {
  const client = useQueryClient()
  return useMutation({ mutationFn, onSettled: () => client.invalidateQueries({ queryKey: usersQuery.queryKey }) })
}
