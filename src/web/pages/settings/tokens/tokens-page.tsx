import { Button, Checkbox, NumberInput, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { TokenScope, TokenView } from '../../../../contract/accounts.ts'
import { Confirm } from '../../../components/confirm.tsx'
import { Empty } from '../../../components/empty.tsx'
import { WholeList, WholeListSkeleton } from '../../../components/list/whole-list.tsx'
import { PageFrame } from '../../../components/page.tsx'
import { Panel } from '../../../components/panel.tsx'
import { ProblemView } from '../../../components/problem-view.tsx'
import { QueryView } from '../../../components/query-view.tsx'
import { tokensQuery } from '../../../lib/account-queries.ts'
import { api } from '../../../lib/api.ts'
import styles from '../settings.module.css'
import { ShownOnce } from '../shown-once.tsx'
import { TokenCard, tokenColumns, tokenFacts } from './token-columns.tsx'

const scopes = [
  { value: 'read', label: 'Read: everything that you may see' },
  { value: 'sync', label: 'Sync: start and stop runs, change schedules' },
  { value: 'manage', label: 'Manage: change whatever else you may change' },
] as const satisfies readonly { value: TokenScope; label: string }[]

export function TokensPage() {
  const query = useQuery(tokensQuery)
  return (
    <PageFrame title="API tokens" sentence="For programs of yours. A token may do what you may, within its scopes.">
      <Panel title="New token">
        <NewToken />
      </Panel>
      <Panel title="Your tokens">
        <QueryView
          query={query}
          skeleton={<WholeListSkeleton rows={3} />}
          isEmpty={data => data.items.length === 0}
          empty={<Empty title="No token yet." />}
        >
          {data => <Tokens tokens={data.items} />}
        </QueryView>
      </Panel>
    </PageFrame>
  )
}

function NewToken() {
  const [typed, setTyped] = useState({ name: '', scopes: ['read'] as TokenScope[], days: 90 })
  const client = useQueryClient()
  const make = useMutation({
    mutationFn: () =>
      api.call('createToken', {
        body: { name: typed.name.trim(), scopes: typed.scopes, expires_in_days: typed.days },
      }),
    onSuccess: () => setTyped({ ...typed, name: '' }),
    onSettled: () => client.invalidateQueries({ queryKey: tokensQuery.queryKey }),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (typed.name.trim() !== '' && typed.scopes.length > 0) make.mutate()
  }
  const toggle = (scope: TokenScope, isOn: boolean) =>
    setTyped({
      ...typed,
      scopes: scopes.map(one => one.value).filter(one => (one === scope ? isOn : typed.scopes.includes(one))),
    })
  return (
    <form onSubmit={submit} className={styles.form} autoComplete="off">
      <TextInput
        label="What it is for"
        required
        maxLength={200}
        maw={400}
        value={typed.name}
        onChange={event => setTyped({ ...typed, name: event.currentTarget.value })}
      />
      <fieldset style={{ margin: 0, padding: 0, border: 0 }}>
        <legend style={{ padding: 0, fontWeight: 500 }}>What it may do</legend>
        {scopes.map(({ value, label }) => (
          <Checkbox
            key={value}
            mt={6}
            size="sm"
            label={label}
            checked={typed.scopes.includes(value)}
            onChange={event => toggle(value, event.currentTarget.checked)}
          />
        ))}
      </fieldset>
      <NumberInput
        label="Days until it expires"
        min={1}
        max={365}
        maw={160}
        allowDecimal={false}
        clampBehavior="strict"
        value={typed.days}
        onChange={value => setTyped({ ...typed, days: Number(value) || 1 })}
      />
      {make.error && <ProblemView error={make.error} />}
      {make.data && (
        <ShownOnce title="Copy the token now" secret={make.data.token}>
          It is shown this one time; only a fingerprint of it is kept.
        </ShownOnce>
      )}
      <div>
        <Button type="submit" size="sm" loading={make.isPending} disabled={typed.scopes.length === 0}>
          Make the token
        </Button>
      </div>
    </form>
  )
}

function Tokens({ tokens }: { tokens: readonly TokenView[] }) {
  const [asking, setAsking] = useState<TokenView>()
  const actsOf = (token: TokenView) =>
    token.revoked_at === null ? [{ label: 'Revoke', name: `Revoke ${token.name}`, onAct: () => setAsking(token) }] : []
  return (
    <>
      <WholeList
        page="tokens"
        label="Your tokens"
        columns={tokenColumns}
        rows={tokens}
        rowKey={token => String(token.id)}
        rowName={token => token.name}
        card={token => <TokenCard token={token} />}
        acts={actsOf}
        facts={tokenFacts}
        exportLabel="Export tokens"
        href={format => api.url('exportTokens', { query: { format } })}
      />
      {asking && <RevokeToken token={asking} onClose={() => setAsking(undefined)} />}
    </>
  )
}

function RevokeToken({ token, onClose }: { token: TokenView; onClose: () => void }) {
  const client = useQueryClient()
  const revoke = useMutation({
    mutationFn: () => api.call('revokeToken', { params: { id: token.id } }),
    onSuccess: onClose,
    onSettled: () => client.invalidateQueries({ queryKey: tokensQuery.queryKey }),
  })
  return (
    <Confirm
      isOpen
      title={`Revoke ${token.name}?`}
      act="Revoke the token"
      keep="Keep it"
      isBusy={revoke.isPending}
      error={revoke.error}
      onConfirm={() => revoke.mutate()}
      onClose={onClose}
    >
      Programs that use it are refused at once. It cannot be brought back.
    </Confirm>
  )
}
