import { Button, PasswordInput, Select, Textarea, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { SourceKind, SourceView } from '../../../contract/sources.ts'
import { api } from '../../lib/api.ts'
import { fieldError } from '../../lib/source-actions.ts'
import { addressHints, connectableKinds, isOwnServer, sourceKindLabels } from '../../lib/source-kinds.ts'
import { ProblemView } from '../problem-view.tsx'
import { type Connection, connectionOf, hasKeys, needsKeys, saveConnection, testBodyOf } from './connection.ts'
import { ConnectionReportView } from './connection-report.tsx'
import { KeyHelp } from './key-help.tsx'
import styles from './source.module.css'

interface SourceFormProps {
  /** A source that is changed; without one the form adds a new source. */
  readonly source?: SourceView
  /** What saving leads to, in words: `Save and start the first sync`. */
  readonly saveLabel: string
  readonly onSaved: (source: SourceView) => Promise<void>
}

/** Where a source is and by which keys, a test of them with its verdict, and saving. The keys go in and never come out. */
export function SourceForm({ source, saveLabel, onSaved }: SourceFormProps) {
  const [typed, setTyped] = useState(() => connectionOf(source))
  const client = useQueryClient()
  const test = useMutation({
    mutationFn: () => api.call('testConnection', { body: testBodyOf(source, typed) }),
  })
  const save = useMutation({
    mutationFn: async () => {
      const saved = await saveConnection(source, typed)
      setTyped(connectionOf(saved))
      await onSaved(saved)
    },
    // Also when what follows saving failed: the source is there now.
    onSettled: () => Promise.all(['sources', 'sync', 'jobs'].map(key => client.invalidateQueries({ queryKey: [key] }))),
  })
  const isReadOnly = source?.managed_by === 'environment'
  const keysAreNeeded = needsKeys(source, typed)
  const isComplete = typed.baseUrl.trim() !== '' && (hasKeys(typed) || !keysAreNeeded)
  const isTested = test.data?.success === true
  // New keys are tried before they are kept.
  const savesOnEnter = isTested || source !== undefined
  const set = (change: Partial<Connection>) => {
    setTyped({ ...typed, ...change })
    // A verdict belongs to what was tested.
    if (change.name === undefined) test.reset()
    save.reset()
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!isComplete || isReadOnly) return
    if (savesOnEnter) save.mutate()
    else test.mutate()
  }
  const errorOf = (field: string) => fieldError(save.error ?? test.error, field)
  const kept =
    source?.has_credentials === true
      ? `Leave empty to keep the key ending in ${source.access_key_hint ?? '…'}`
      : undefined

  return (
    <form onSubmit={submit} className={styles.form} autoComplete="off" aria-label="Connection">
      <div className={styles.fields}>
        <TextInput
          label="Name"
          description="How this source is called here"
          value={typed.name}
          maxLength={200}
          disabled={isReadOnly}
          error={errorOf('name')}
          onChange={event => set({ name: event.currentTarget.value })}
        />
        <Select
          label="Platform"
          description={source === undefined ? undefined : 'It never changes: add another source for another platform'}
          data={(source === undefined ? connectableKinds.map(one => one.kind) : [source.kind]).map(kind => ({
            value: kind,
            label: sourceKindLabels[kind],
          }))}
          value={typed.kind}
          allowDeselect={false}
          disabled={source !== undefined}
          comboboxProps={{ withinPortal: true }}
          onChange={value => value !== null && set(startOf(value as SourceKind))}
        />
        {isReadOnly ? (
          <p className="dim">
            Its keys and its address follow the environment: change <span className="mono">TENABLE_ACCESS_KEY</span>,{' '}
            <span className="mono">TENABLE_SECRET_KEY</span> or <span className="mono">TENABLE_BASE_URL</span> and start
            the server again. Only the scope is set here.
          </p>
        ) : (
          <>
            <Key
              label="Access key"
              value={typed.accessKey}
              kept={kept}
              isRequired={keysAreNeeded}
              error={errorOf('access_key')}
              onChange={accessKey => set({ accessKey })}
            />
            <Key
              label="Secret key"
              value={typed.secretKey}
              kept={kept}
              isRequired={keysAreNeeded}
              error={errorOf('secret_key')}
              onChange={secretKey => set({ secretKey })}
            />
          </>
        )}
        <TextInput
          label="Address"
          description={addressHints[typed.kind]}
          required={!isReadOnly}
          type="url"
          value={typed.baseUrl}
          maxLength={2_000}
          spellCheck={false}
          disabled={isReadOnly}
          error={errorOf('base_url')}
          onChange={event => set({ baseUrl: event.currentTarget.value })}
        />
        <Reach typed={typed} isReadOnly={isReadOnly} errorOf={errorOf} onChange={set} />
        {source !== undefined && keysAreNeeded && !hasKeys(typed) && (
          <p className={styles.hint} role="status">
            The stored keys are sent nowhere else and no other way: enter both keys again together with this change.
          </p>
        )}
        <div className={styles.buttons}>
          <Button
            size="sm"
            type={savesOnEnter ? 'button' : 'submit'}
            variant={savesOnEnter ? 'default' : 'filled'}
            disabled={!isComplete}
            loading={test.isPending}
            {...(savesOnEnter ? { onClick: () => test.mutate() } : {})}
          >
            Test connection
          </Button>
          {!isReadOnly && (
            <Button
              size="sm"
              type={savesOnEnter ? 'submit' : 'button'}
              variant={savesOnEnter ? 'filled' : 'default'}
              disabled={!isComplete || test.isPending}
              loading={save.isPending}
              {...(savesOnEnter ? {} : { onClick: () => save.mutate() })}
            >
              {isTested || test.data === undefined ? saveLabel : 'Save all the same'}
            </Button>
          )}
          {save.isSuccess && (
            <span className="dim" role="status">
              Saved.
            </span>
          )}
        </div>
        {save.error && <ProblemView error={save.error} />}
        {test.error && <ProblemView error={test.error} />}
        {test.data && <ConnectionReportView report={test.data} />}
      </div>
      {!isReadOnly && <KeyHelp kind={typed.kind} />}
    </form>
  )
}

function startOf(kind: SourceKind): Partial<Connection> {
  const start = connectableKinds.find(one => one.kind === kind)
  return start === undefined ? { kind } : start
}

interface KeyProps {
  readonly label: 'Access key' | 'Secret key'
  readonly value: string
  readonly kept: string | undefined
  readonly isRequired: boolean
  readonly error: string | undefined
  readonly onChange: (value: string) => void
}

function Key({ label, value, kept, isRequired, error, onChange }: KeyProps) {
  return (
    <PasswordInput
      label={label}
      description={isRequired ? undefined : kept}
      required={isRequired}
      value={value}
      maxLength={512}
      autoComplete="off"
      spellCheck={false}
      error={error}
      visibilityToggleButtonProps={{ 'aria-label': `Show the ${label.toLowerCase()}` }}
      onChange={event => onChange(event.currentTarget.value)}
    />
  )
}

interface ReachProps {
  readonly typed: Connection
  readonly isReadOnly: boolean
  readonly errorOf: (field: string) => string | undefined
  readonly onChange: (change: Partial<Connection>) => void
}

/** What few need: another way there, and another authority. */
function Reach({ typed, isReadOnly, errorOf, onChange }: ReachProps) {
  const isOwn = isOwnServer(typed.kind)
  const isUsed = isOwn || typed.proxyUrl !== '' || typed.caPem !== ''
  return (
    <details className={styles.reach} open={isUsed || undefined}>
      <summary>Proxy and certificates</summary>
      <div className={styles.fields}>
        <TextInput
          label="Proxy"
          description="http://host:port, for calls to this source alone. One with a password goes into TENABLE_PROXY_URL: settings are shown"
          value={typed.proxyUrl}
          maxLength={2_000}
          spellCheck={false}
          disabled={isReadOnly}
          error={errorOf('settings.proxy_url')}
          onChange={event => onChange({ proxyUrl: event.currentTarget.value })}
        />
        <Textarea
          label="Certificates of a private authority"
          description="Certificates are always checked. If an inspecting proxy or an own authority signs yours, paste its certificate in PEM form"
          value={typed.caPem}
          maxLength={100_000}
          spellCheck={false}
          disabled={isReadOnly}
          autosize
          minRows={2}
          maxRows={8}
          classNames={{ input: 'mono' }}
          error={errorOf('settings.ca_pem')}
          onChange={event => onChange({ caPem: event.currentTarget.value })}
        />
        {isOwn && (
          <TextInput
            label="Fingerprint of its certificate"
            description="SHA-256, for a server that signs its certificate itself: openssl x509 -fingerprint -sha256. Only that one is then accepted"
            value={typed.tlsPin}
            maxLength={95}
            spellCheck={false}
            disabled={isReadOnly}
            classNames={{ input: 'mono' }}
            error={errorOf('settings.tls_pin_sha256')}
            onChange={event => onChange({ tlsPin: event.currentTarget.value })}
          />
        )}
      </div>
    </details>
  )
}
