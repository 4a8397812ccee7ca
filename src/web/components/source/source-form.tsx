import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { ProblemError } from '../../../client/index.ts'
import type { SourceView } from '../../../contract/sources.ts'
import { api } from '../../lib/api.ts'
import { ProblemView } from '../problem-view.tsx'
import { ConnectionReportView } from './connection-report.tsx'
import { KeyHelp } from './key-help.tsx'
import styles from './source.module.css'

const vendorUrl = 'https://cloud.tenable.com'

interface SourceFormProps {
  /** A source whose keys are replaced; without one the form adds a new source. */
  readonly source?: SourceView
  /** What saving leads to, in words: `Save and start the first sync`. */
  readonly saveLabel: string
  readonly onSaved: (source: SourceView) => Promise<void>
}

interface Typed {
  readonly name: string
  readonly baseUrl: string
  readonly accessKey: string
  readonly secretKey: string
}

/** Keys, a test of them with its verdict, and saving. The keys go in and never come out. */
export function SourceForm({ source, saveLabel, onSaved }: SourceFormProps) {
  const [typed, setTyped] = useState<Typed>({
    name: source?.name ?? 'Tenable',
    baseUrl: source?.base_url ?? vendorUrl,
    accessKey: '',
    secretKey: '',
  })
  const client = useQueryClient()
  const test = useMutation({
    mutationFn: () =>
      api.call('testConnection', {
        body: {
          kind: 'tenable-vm',
          base_url: typed.baseUrl.trim(),
          access_key: typed.accessKey.trim(),
          secret_key: typed.secretKey.trim(),
        },
      }),
  })
  const save = useMutation({
    mutationFn: async () => {
      const saved = await saveSource(source, typed)
      await onSaved(saved)
    },
    // Also when what follows saving failed: the source is there now.
    onSettled: () => Promise.all(['sources', 'sync', 'jobs'].map(key => client.invalidateQueries({ queryKey: [key] }))),
  })
  const isComplete = typed.accessKey.trim() !== '' && typed.secretKey.trim() !== '' && typed.baseUrl.trim() !== ''
  const isTested = test.data?.success === true
  const set = (change: Partial<Typed>) => {
    setTyped({ ...typed, ...change })
    // A verdict belongs to what was tested.
    if (change.name === undefined) test.reset()
    save.reset()
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!isComplete) return
    if (isTested) save.mutate()
    else test.mutate()
  }
  const errorOf = (field: string) => fieldError(save.error ?? test.error, field)

  return (
    <form onSubmit={submit} className={styles.form} autoComplete="off">
      <div className={styles.fields}>
        <TextInput
          label="Name"
          description="How this source is called here"
          value={typed.name}
          maxLength={200}
          error={errorOf('name')}
          onChange={event => set({ name: event.currentTarget.value })}
        />
        <PasswordInput
          label="Access key"
          required
          value={typed.accessKey}
          maxLength={512}
          autoComplete="off"
          spellCheck={false}
          error={errorOf('access_key')}
          visibilityToggleButtonProps={{ 'aria-label': 'Show the access key' }}
          onChange={event => set({ accessKey: event.currentTarget.value })}
        />
        <PasswordInput
          label="Secret key"
          required
          value={typed.secretKey}
          maxLength={512}
          autoComplete="off"
          spellCheck={false}
          error={errorOf('secret_key')}
          visibilityToggleButtonProps={{ 'aria-label': 'Show the secret key' }}
          onChange={event => set({ secretKey: event.currentTarget.value })}
        />
        <TextInput
          label="Address"
          description="Change it only for FedRAMP or a proxy of your own"
          required
          type="url"
          value={typed.baseUrl}
          maxLength={2_000}
          spellCheck={false}
          error={errorOf('base_url')}
          onChange={event => set({ baseUrl: event.currentTarget.value })}
        />
        <div className={styles.buttons}>
          <Button
            type="submit"
            size="sm"
            variant={isTested ? 'default' : 'filled'}
            disabled={!isComplete}
            loading={test.isPending}
            onClick={event => {
              event.preventDefault()
              test.mutate()
            }}
          >
            Test connection
          </Button>
          <Button
            size="sm"
            variant={isTested ? 'filled' : 'default'}
            disabled={!isComplete || test.isPending}
            loading={save.isPending}
            onClick={() => save.mutate()}
          >
            {isTested || test.data === undefined ? saveLabel : 'Save all the same'}
          </Button>
        </div>
        {save.error && <ProblemView error={save.error} />}
        {test.error && <ProblemView error={test.error} />}
        {test.data && <ConnectionReportView report={test.data} />}
      </div>
      <KeyHelp />
    </form>
  )
}

async function saveSource(source: SourceView | undefined, typed: Typed): Promise<SourceView> {
  const body = {
    base_url: typed.baseUrl.trim(),
    access_key: typed.accessKey.trim(),
    secret_key: typed.secretKey.trim(),
    ...(typed.name.trim() === '' ? {} : { name: typed.name.trim() }),
  }
  return source === undefined
    ? api.call('createSource', { body: { kind: 'tenable-vm', ...body } })
    : api.call('updateSource', { params: { id: source.id }, body })
}

/** What the server says of one field, as `body.base_url`. */
function fieldError(error: Error | null, field: string): string | undefined {
  if (!(error instanceof ProblemError)) return undefined
  return error.problem.errors?.find(one => one.field === field || one.field.endsWith(`.${field}`))?.message
}
