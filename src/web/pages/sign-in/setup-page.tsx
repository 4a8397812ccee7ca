import { Button, PasswordInput, Skeleton, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import type { LinkView } from '../../../contract/accounts.ts'
import { Notice } from '../../components/notice.tsx'
import { ProblemView } from '../../components/problem-view.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { api } from '../../lib/api.ts'
import { BarePage } from './bare-page.tsx'
import styles from './sign-in.module.css'

/** Taken once from behind the `#`, and then out of the address: it must not stay in the history. */
function useToken(): string {
  const [token] = useState(() => window.location.hash.slice(1))
  useEffect(() => window.history.replaceState(window.history.state, '', '/setup'), [])
  return token
}

const titles = { setup: 'Make the first account', password: 'Choose a password', sign_in: 'Welcome' } as const

export function SetupPage() {
  const token = useToken()
  const link = useQuery({
    queryKey: ['link', token],
    queryFn: ({ signal }) => api.call('inspectLink', { body: { token } }, { signal }),
    enabled: token !== '',
    staleTime: Number.POSITIVE_INFINITY,
  })
  return (
    <BarePage title={link.data ? titles[link.data.purpose] : 'One-time link'}>
      {token === '' ? (
        <Notice tone="info" title="Open the whole link">
          The part behind the # is missing. Copy all of the link that you were given, or{' '}
          <Link to="/login">sign in</Link>.
        </Notice>
      ) : (
        <QueryView query={link} skeleton={<Skeleton height={220} />}>
          {known =>
            known.purpose === 'sign_in' ? <SignInByLink token={token} /> : <Form token={token} link={known} />
          }
        </QueryView>
      )}
    </BarePage>
  )
}

function useLinkMutation() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: { token: string; user_name?: string; display_name?: string; password?: string }) =>
      api.call('useLink', { body }),
    onSuccess: () => {
      client.clear()
      window.location.assign('/')
    },
  })
}

function SignInByLink({ token }: { token: string }) {
  const use = useLinkMutation()
  const isUsed = useRef(false)
  const { mutate } = use
  useEffect(() => {
    // It works once, and development runs an effect twice.
    if (isUsed.current) return
    isUsed.current = true
    mutate({ token })
  }, [mutate, token])
  if (use.error) return <ProblemView error={use.error} />
  return <p role="status">Signing you in…</p>
}

function Form({ token, link }: { token: string; link: LinkView }) {
  const [typed, setTyped] = useState({ userName: '', displayName: '', password: '', again: '' })
  const use = useLinkMutation()
  const isFirst = link.purpose === 'setup'
  const differs = typed.again !== '' && typed.again !== typed.password
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (typed.password !== typed.again) return
    use.mutate({
      token,
      password: typed.password,
      ...(isFirst ? { user_name: typed.userName.trim() } : {}),
      ...(isFirst && typed.displayName.trim() !== '' ? { display_name: typed.displayName.trim() } : {}),
    })
  }
  const set = (change: Partial<typeof typed>) => setTyped({ ...typed, ...change })
  return (
    <form onSubmit={submit} className={styles.form}>
      <p style={{ margin: 0 }}>
        {isFirst ? (
          'It administers everything; it can add others later.'
        ) : (
          <>For {link.user_name}. You are signed in afterwards.</>
        )}
      </p>
      {isFirst ? (
        <>
          <TextInput
            label="User name"
            required
            autoFocus
            maxLength={64}
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            value={typed.userName}
            onChange={event => set({ userName: event.currentTarget.value })}
          />
          <TextInput
            label="Name to show"
            maxLength={200}
            autoComplete="name"
            value={typed.displayName}
            onChange={event => set({ displayName: event.currentTarget.value })}
          />
        </>
      ) : (
        <input type="text" name="username" autoComplete="username" value={link.user_name ?? ''} readOnly hidden />
      )}
      <PasswordInput
        label="New password"
        description="At least 12 characters; a few words that do not belong together are good"
        required
        minLength={12}
        autoComplete="new-password"
        value={typed.password}
        visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
        onChange={event => set({ password: event.currentTarget.value })}
      />
      <PasswordInput
        label="The same again"
        required
        autoComplete="new-password"
        value={typed.again}
        error={differs ? 'The two are not the same' : undefined}
        visibilityToggleButtonProps={{ 'aria-label': 'Show the repeated password' }}
        onChange={event => set({ again: event.currentTarget.value })}
      />
      {use.error && <ProblemView error={use.error} />}
      <Button type="submit" size="sm" loading={use.isPending} disabled={differs}>
        {isFirst ? 'Make the account' : 'Save the password'}
      </Button>
    </form>
  )
}
