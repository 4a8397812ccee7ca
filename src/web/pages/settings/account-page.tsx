import { Button, PasswordInput, Skeleton } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { Me, SessionView } from '../../../contract/accounts.ts'
import { Ago } from '../../components/instant.tsx'
import { Notice } from '../../components/notice.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { PageFrame } from '../../components/page.tsx'
import { Panel } from '../../components/panel.tsx'
import { PlainTable } from '../../components/plain-table.tsx'
import { ProblemView } from '../../components/problem-view.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { sessionsQuery } from '../../lib/account-queries.ts'
import { api } from '../../lib/api.ts'
import { browserName } from '../../lib/browser-name.ts'
import { meQuery } from '../../lib/session.ts'
import styles from './settings.module.css'

export function AccountPage() {
  const { data: me } = useQuery(meQuery)
  const sessions = useQuery(sessionsQuery)
  return (
    <PageFrame title="Password and browsers" context={me && namesOf(me)}>
      {me && (
        <Panel title="Password">
          {me.has_password ? (
            <PasswordForm />
          ) : (
            <p className="dim">
              {me.is_from_provider
                ? 'You sign in with your identity provider, which has your password.'
                : 'You have none: a link signed you in. Who administers people can make you a link that lets you choose one.'}
            </p>
          )}
        </Panel>
      )}
      <Panel title="Browsers that are signed in">
        <QueryView query={sessions} skeleton={<Skeleton height={80} />}>
          {data => (
            <PlainTable
              label="Browsers that are signed in"
              className={styles.table}
              columns={['Browser', 'Address', 'Signed in', 'Last used']}
              hasActs
            >
              {data.items.map(session => (
                <Row key={session.id} session={session} />
              ))}
            </PlainTable>
          )}
        </QueryView>
      </Panel>
    </PageFrame>
  )
}

function namesOf({ display_name: name, user_name: userName }: Me): string {
  return name === userName ? name : `${name}, ${userName}`
}

function Row({ session }: { session: SessionView }) {
  const client = useQueryClient()
  const end = useMutation({
    mutationFn: () => api.call('endSession', { params: { id: session.id } }),
    onSettled: () => client.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  })
  return (
    <tr>
      <td data-label="Browser">
        <div title={session.user_agent}>
          <OutsideName text={browserName(session.user_agent)} /> {session.is_current && <strong>(this one)</strong>}
        </div>
      </td>
      <td data-label="Address">{session.address}</td>
      <td data-label="Signed in">
        <Ago at={session.created_at} />
      </td>
      <td data-label="Last used">
        <Ago at={session.last_seen_at} />
      </td>
      <td>
        {!session.is_current && (
          <div className={styles.acts}>
            <Button variant="default" loading={end.isPending} onClick={() => end.mutate()}>
              Sign it out
            </Button>
          </div>
        )}
      </td>
    </tr>
  )
}

function PasswordForm() {
  const [typed, setTyped] = useState({ current: '', next: '' })
  const change = useMutation({
    mutationFn: () =>
      api.call('changePassword', { body: { current_password: typed.current, new_password: typed.next } }),
    onSuccess: () => setTyped({ current: '', next: '' }),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    change.mutate()
  }
  return (
    <form onSubmit={submit} className={styles.form} style={{ maxWidth: 400 }}>
      <PasswordInput
        label="Current password"
        required
        autoComplete="current-password"
        value={typed.current}
        visibilityToggleButtonProps={{ 'aria-label': 'Show the current password' }}
        onChange={event => setTyped({ ...typed, current: event.currentTarget.value })}
      />
      <PasswordInput
        label="New password"
        description="At least 12 characters"
        required
        minLength={12}
        autoComplete="new-password"
        value={typed.next}
        visibilityToggleButtonProps={{ 'aria-label': 'Show the new password' }}
        onChange={event => setTyped({ ...typed, next: event.currentTarget.value })}
      />
      {change.error && <ProblemView error={change.error} />}
      {change.isSuccess && <Notice tone="good" title="The password is changed; other browsers are signed out." />}
      <div>
        <Button type="submit" size="sm" loading={change.isPending}>
          Change the password
        </Button>
      </div>
    </form>
  )
}
