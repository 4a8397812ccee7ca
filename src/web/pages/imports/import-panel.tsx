import { Button, Select } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { ImportAction, ImportScope, ImportView } from '../../../contract/imports.ts'
import { Confirm } from '../../components/confirm.tsx'
import { At } from '../../components/instant.tsx'
import { Notice } from '../../components/notice.tsx'
import { Panel } from '../../components/panel.tsx'
import { ProblemView } from '../../components/problem-view.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { api } from '../../lib/api.ts'
import { bytes, count, counted } from '../../lib/format.ts'
import { formatLabel } from '../../lib/import-formats.ts'
import { importQuery, isMoving } from '../../lib/import-queries.ts'
import type { ImportSearch } from '../../lib/import-search.ts'
import { useHasRole } from '../../lib/session.ts'
import { ImportKnown } from './import-known.tsx'
import { ImportRows } from './import-rows.tsx'
import styles from './imports.module.css'

const doors: readonly (readonly [action: ImportAction, label: string])[] = [
  ['open', 'New'],
  ['reopen', 'Found again'],
  ['return', 'Returned'],
  ['close', 'Fixed, says the file'],
  ['absent', 'Fixed, not in the file'],
  ['gone', 'Ended with their machine'],
  ['add_fixed', 'New and fixed'],
  ['change', 'Changed'],
  ['update', 'Seen again'],
  ['same', 'The same'],
  ['older', 'Older than known'],
]

/** One import: what it would do or did, each number with its rows behind it, and what can be done with it. */
export function ImportPanel({ id, show }: { id: number; show: ImportSearch['show'] }) {
  const query = useQuery(importQuery(id))
  return (
    <Panel title={query.data ? query.data.file_name : `Import ${id}`} aside={query.data && statusText(query.data)}>
      <QueryView query={query} skeleton={<div style={{ height: 200 }} />}>
        {view => (
          <div className={styles.part}>
            <Told view={view} />
            {view.numbers && <Doors view={view} show={show} />}
            <ImportKnown view={view} />
            <Acts view={view} />
            {show !== undefined && <ImportRows id={id} show={show} />}
          </div>
        )}
      </QueryView>
    </Panel>
  )
}

export function statusText({ status }: ImportView): string {
  const texts: Partial<Record<ImportView['status'], string>> = {
    received: 'waits to be read',
    reading: 'is being read',
    ready: 'waits to be applied',
    applying: 'is being applied',
    undoing: 'is being taken back',
    undone: 'taken back',
    abandoned: 'dropped',
  }
  return texts[status] ?? status
}

function Told({ view }: { view: ImportView }) {
  const facts = [
    view.format && formatLabel(view.format),
    view.encoding,
    bytes(view.size_bytes),
    counted(view.rows_read, 'row'),
    view.source,
  ]
  return (
    <>
      <div>{facts.filter(fact => fact !== null).join(' · ')}</div>
      {view.observed_at !== null && (
        <div>
          It speaks for <At at={view.observed_at} />
          {view.observed_from === 'upload' && ', when it was brought: the file itself does not say'}.
        </div>
      )}
      {view.status === 'failed' && (
        <Notice tone="bad" title="The file could not be read">
          {view.error_message}
        </Notice>
      )}
      {view.status !== 'failed' && view.error_message !== null && <Notice tone="warn" title={view.error_message} />}
      {view.same_as !== null && view.status === 'ready' && (
        <Notice tone="info" title={`The very same file was applied before, as import ${view.same_as}.`} />
      )}
      {view.incomplete !== null && <Notice tone="warn" title={view.incomplete} />}
      {view.closes_nothing_because !== null && view.closes_nothing_because !== view.incomplete && (
        <Notice tone="warn" title="It closes nothing">
          {view.closes_nothing_because}
        </Notice>
      )}
      {view.notes.map(note => (
        <div key={note} className={styles.outside}>
          {note}
        </div>
      ))}
      {view.undo && (
        <Notice tone="info" title={`Taken back: ${counted(view.undo.reverted, 'finding')}`}>
          {view.undo.kept > 0 && (
            <Link to="/imports" search={{ id: view.id, show: 'kept' }}>
              {counted(view.undo.kept, 'finding')} changed since and kept
            </Link>
          )}
        </Notice>
      )}
    </>
  )
}

function Doors({ view, show }: { view: ImportView; show: ImportSearch['show'] }) {
  const { numbers } = view
  if (!numbers) return null
  // What was only counted is forgotten once the import is applied.
  const listed = view.status === 'ready' ? doors : doors.filter(([action]) => action !== 'same' && action !== 'older')
  const met = listed.filter(([action]) => numbers[action] > 0)
  return (
    <nav aria-label="What it does" className={styles.doors}>
      {met.map(([action, label]) => (
        <Door
          key={action}
          id={view.id}
          action={action}
          label={label}
          number={numbers[action]}
          isOpen={show === action}
        />
      ))}
      {numbers.rejected > 0 && (
        <Door
          id={view.id}
          action="rejected"
          label="Not readable"
          number={numbers.rejected}
          isOpen={show === 'rejected'}
        />
      )}
    </nav>
  )
}

interface DoorProps {
  readonly id: number
  readonly action: NonNullable<ImportSearch['show']>
  readonly label: string
  readonly number: number
  readonly isOpen: boolean
}

function Door({ id, action, label, number, isOpen }: DoorProps) {
  return (
    <Link
      to="/imports"
      search={isOpen ? { id } : { id, show: action }}
      className={styles.door}
      aria-current={isOpen ? 'true' : undefined}
      resetScroll={false}
    >
      <span className={styles.number}>{count(number)}</span>
      <span>{label}</span>
    </Link>
  )
}

const scopes: readonly { value: ImportScope['covers']; label: string }[] = [
  { value: 'nothing', label: 'Nothing: it only adds' },
  { value: 'hosts', label: 'All there is of each machine in it' },
  { value: 'estate', label: 'Every machine of the source' },
]

function Acts({ view }: { view: ImportView }) {
  const mayAct = useHasRole('operator')
  const client = useQueryClient()
  const [asked, setAsked] = useState<'apply' | 'undo' | null>(null)
  const act = useMutation({
    mutationFn: (what: 'apply' | 'undo' | 'abandon' | ImportScope['covers']) => perform(view, what),
    onSuccess: () => setAsked(null),
    onSettled: () => client.invalidateQueries(),
  })
  if (!mayAct || isMoving(view)) return null
  return (
    <>
      <div className={styles.acts}>
        {view.status === 'ready' && (
          <>
            <Select
              label="What the file shows wholly"
              data={scopes}
              value={view.scope.covers}
              allowDeselect={false}
              w={280}
              onChange={value => value && act.mutate(value as ImportScope['covers'])}
            />
            <Button onClick={() => setAsked('apply')}>Apply</Button>
          </>
        )}
        {view.status === 'applied' && (
          <Button variant="default" onClick={() => setAsked('undo')}>
            Undo
          </Button>
        )}
        {(view.status === 'ready' || view.status === 'failed') && (
          <Button variant="default" onClick={() => act.mutate('abandon')}>
            Drop it
          </Button>
        )}
      </div>
      {act.error && asked === null && <ProblemView error={act.error} />}
      <Confirm
        isOpen={asked !== null}
        title={asked === 'undo' ? 'Take the import back' : 'Apply the import'}
        act={asked === 'undo' ? 'Take it back' : `Apply ${view.file_name}`}
        keep={asked === 'undo' ? 'Leave it' : 'Not yet'}
        isBusy={act.isPending}
        error={act.error}
        onConfirm={() => asked && act.mutate(asked)}
        onClose={() => setAsked(null)}
      >
        {asked === 'undo'
          ? 'Findings that nothing has changed since go back to what they were; the others are listed.'
          : effect(view)}
      </Confirm>
    </>
  )
}

function perform(view: ImportView, what: 'apply' | 'undo' | 'abandon' | ImportScope['covers']) {
  const params = { id: view.id }
  if (what === 'apply') return api.call('applyImport', { params, body: { token: view.token ?? '' } })
  if (what === 'undo') return api.call('undoImport', { params })
  if (what === 'abandon') return api.call('abandonImport', { params })
  return api.call('changeImport', { params, body: { scope: { ...view.scope, covers: what } } })
}

function effect({ numbers, source }: ImportView): string {
  if (!numbers) return ''
  const opens = numbers.open + numbers.return + numbers.reopen
  const closes = numbers.close + numbers.absent + numbers.gone
  return `In ${source} it opens ${counted(opens, 'finding')}, closes ${count(closes)} and changes ${count(numbers.change)}. It can be undone.`
}
