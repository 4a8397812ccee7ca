import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { Notice } from '../../components/notice.tsx'
import { ProblemView } from '../../components/problem-view.tsx'
import { api } from '../../lib/api.ts'
import { pathWithin, signInOptionsQuery } from '../../lib/session.ts'
import { BarePage } from './bare-page.tsx'
import styles from './sign-in.module.css'

const route = getRouteApi('/login')

/** What the identity provider's way back can end with. */
const refusals: Readonly<Record<string, string>> = {
  oidc_refused: 'What the identity provider sent back was not accepted. Start again.',
  oidc_unavailable: 'The identity provider cannot be used now. Sign in with a password if you have one.',
  oidc_no_role: 'You are in no group that has a role here. Ask an administrator for one.',
  account_disabled: 'Your account is switched off. Ask an administrator.',
}

export function LoginPage() {
  const { return_to, refused, request } = route.useSearch()
  const options = useQuery(signInOptionsQuery)
  const [typed, setTyped] = useState({ userName: '', password: '' })
  const client = useQueryClient()
  const signIn = useMutation({
    mutationFn: () => api.call('signIn', { body: { user_name: typed.userName.trim(), password: typed.password } }),
    onSuccess: () => {
      client.clear()
      window.location.assign(pathWithin(return_to))
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (typed.userName.trim() !== '' && typed.password !== '') signIn.mutate()
  }
  const provider = options.data?.oidc
  return (
    <BarePage title="Sign in">
      {refused !== undefined && (
        <Notice tone="bad" title="You were not signed in">
          {refusals[refused] ?? 'The identity provider’s answer was refused.'}
          {request !== undefined && <div className="mono dim">request {request}</div>}
        </Notice>
      )}
      {options.data?.needs_setup && (
        <Notice tone="info" title="There is no account yet">
          Open the set-up link that <span className="mono">tenfold up</span> printed when it started, or run{' '}
          <span className="mono">tenfold user create</span> on the machine.
        </Notice>
      )}
      {provider && (
        <>
          <Button
            component="a"
            href={`${provider.start}?return_to=${encodeURIComponent(pathWithin(return_to))}`}
            size="sm"
            fullWidth
            mt="md"
          >
            {provider.label}
          </Button>
          <div className={styles.or}>or with a password</div>
        </>
      )}
      <form onSubmit={submit} className={styles.form}>
        <TextInput
          label="User name"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          autoFocus
          value={typed.userName}
          onChange={event => setTyped({ ...typed, userName: event.currentTarget.value })}
        />
        <PasswordInput
          label="Password"
          autoComplete="current-password"
          required
          value={typed.password}
          visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
          onChange={event => setTyped({ ...typed, password: event.currentTarget.value })}
        />
        {signIn.error && <ProblemView error={signIn.error} />}
        <Button type="submit" size="sm" variant={provider ? 'default' : 'filled'} loading={signIn.isPending}>
          Sign in
        </Button>
      </form>
      <p className="dim" style={{ fontSize: '0.8125rem' }}>
        Password lost? An administrator can make you a link for a new one.
      </p>
    </BarePage>
  )
}
