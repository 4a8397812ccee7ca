import { Button, Checkbox, Modal, Textarea } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Comparison, Cutover, Pair } from '../../../contract/reconciliation.ts'
import { Confirm } from '../../components/confirm.tsx'
import { At } from '../../components/instant.tsx'
import { Notice } from '../../components/notice.tsx'
import { Panel } from '../../components/panel.tsx'
import { ProblemView } from '../../components/problem-view.tsx'
import { api } from '../../lib/api.ts'
import { count, counted } from '../../lib/format.ts'
import { useHasRole } from '../../lib/session.ts'
import styles from './reconciliation.module.css'

/** The sign-off: what it takes, what stands, and its undo. */
export function CutoverPanel({ pair }: { pair: Pair }) {
  if (pair.cutover) return <Standing pair={pair} cutover={pair.cutover} />
  return pair.comparison?.findings ? <SignOff pair={pair} comparison={pair.comparison} /> : null
}

function useAct<T>(perform: (input: T) => Promise<unknown>, onDone: () => void) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: perform,
    onSuccess: onDone,
    onSettled: () => client.invalidateQueries({ queryKey: ['reconciliation'] }),
  })
}

function SignOff({ pair, comparison }: { pair: Pair; comparison: Comparison }) {
  const maySign = useHasRole('admin')
  const [isAsked, setIsAsked] = useState(false)
  const [reason, setReason] = useState('')
  const open = comparison.open ?? 0
  const sign = useAct(
    () =>
      api.call('signCutover', {
        body: { comparison_id: comparison.id, accepted_reason: open > 0 ? reason.trim() || null : null },
      }),
    () => setIsAsked(false),
  )
  return (
    <Panel title="Cut-over">
      <div className={styles.part}>
        <div>
          {open === 0
            ? `Nothing stands in the way: every difference is explained. Once it is signed, ${pair.files_source} takes no files.`
            : `${counted(open, 'difference has', 'differences have')} no explanation. Look at ${open === 1 ? 'it' : 'them'}, or sign with a reason.`}
        </div>
        {maySign ? (
          <div>
            <Button onClick={() => setIsAsked(true)}>Sign the cut-over</Button>
          </div>
        ) : (
          <div className="dim">An administrator signs it.</div>
        )}
      </div>
      <Confirm
        isOpen={isAsked}
        title="Sign the cut-over"
        act={`Give up ${pair.files_source}`}
        keep="Not yet"
        isBusy={sign.isPending}
        error={sign.error}
        onConfirm={() => sign.mutate(undefined)}
        onClose={() => setIsAsked(false)}
      >
        <div className={styles.part}>
          <div>
            {`${pair.files_source} takes no files from now on; ${pair.api_source} takes its place. ${numbers(comparison)} Your name, the time and these numbers are kept. While ${pair.api_source} cannot be reached, files are taken again by themselves. It can be undone.`}
          </div>
          {open > 0 && (
            <Textarea
              label={`Why ${counted(open, 'difference')} without an explanation ${open === 1 ? 'is' : 'are'} accepted`}
              value={reason}
              maxLength={2000}
              required
              autosize
              minRows={2}
              onChange={event => setReason(event.currentTarget.value)}
            />
          )}
        </div>
      </Confirm>
    </Panel>
  )
}

function numbers({ findings }: Pick<Comparison, 'findings'>): string {
  if (!findings) return ''
  return `The two agree on ${counted(findings.agreed, 'open finding')}; ${count(findings.only_files)} ${findings.only_files === 1 ? 'is' : 'are'} in the files alone, ${count(findings.only_api)} in the API alone.`
}

function Standing({ pair, cutover }: { pair: Pair; cutover: Cutover }) {
  const mayAct = useHasRole('operator')
  const mayUndo = useHasRole('admin')
  const [asked, setAsked] = useState<'reopen' | 'undo' | null>(null)
  const close = useAct(
    () => api.call('closeImports', { params: { id: cutover.id } }),
    () => undefined,
  )
  return (
    <Panel title="Cut-over">
      <div className={styles.part}>
        <div>
          {`Signed by ${cutover.signed_by} on `}
          <At at={cutover.signed_at} />
          {`. ${numbers(cutover)}`}
          {cutover.accepted_reason !== null &&
            ` ${counted(cutover.open_differences, 'difference')} without an explanation, accepted: ${cutover.accepted_reason}`}
        </div>
        <Gate pair={pair} cutover={cutover} />
        <div className={styles.acts}>
          {mayAct && cutover.reopened_at === null && (
            <Button variant="default" onClick={() => setAsked('reopen')}>
              Take files again
            </Button>
          )}
          {mayAct && cutover.reopened_at !== null && (
            <Button variant="default" loading={close.isPending} onClick={() => close.mutate(undefined)}>
              Take no files any more
            </Button>
          )}
          {mayUndo && (
            <Button variant="default" onClick={() => setAsked('undo')}>
              Undo the cut-over
            </Button>
          )}
        </div>
        {close.error && <ProblemView error={close.error} />}
      </div>
      {asked === 'reopen' && <Reopen pair={pair} cutover={cutover} onClose={() => setAsked(null)} />}
      {asked === 'undo' && <Undo pair={pair} cutover={cutover} onClose={() => setAsked(null)} />}
    </Panel>
  )
}

function Gate({ pair, cutover }: { pair: Pair; cutover: Cutover }) {
  if (cutover.imports_open_because === 'outage') {
    return (
      <Notice tone="warn" title={`${pair.api_source} gives nothing now, so ${pair.files_source} takes files meanwhile`}>
        They are off again by themselves when it is back.
      </Notice>
    )
  }
  if (cutover.imports_open_because === 'reopened') {
    return (
      <Notice tone="info" title={`${cutover.reopened_by} let files in again`}>
        {cutover.reopen_reason}
      </Notice>
    )
  }
  return <div>{`${pair.files_source} takes no files.`}</div>
}

interface ActProps {
  readonly pair: Pair
  readonly cutover: Cutover
  readonly onClose: () => void
}

function Reopen({ pair, cutover, onClose }: ActProps) {
  const [reason, setReason] = useState('')
  const reopen = useAct(
    () => api.call('reopenImports', { params: { id: cutover.id }, body: { reason: reason.trim() } }),
    onClose,
  )
  return (
    <Modal opened onClose={onClose} title="Take files again" closeButtonProps={{ 'aria-label': 'Close' }}>
      <div className={styles.part}>
        <div>{`${pair.files_source} takes files until somebody closes it; the sign-off stands.`}</div>
        <Reason value={reason} onChange={setReason} />
        {reopen.error && <ProblemView error={reopen.error} />}
        <Button disabled={reason.trim() === ''} loading={reopen.isPending} onClick={() => reopen.mutate(undefined)}>
          Take files again
        </Button>
      </div>
    </Modal>
  )
}

function Undo({ pair, cutover, onClose }: ActProps) {
  const [reason, setReason] = useState('')
  const [withImports, setWithImports] = useState(true)
  const undo = useAct(
    () =>
      api.call('undoCutover', {
        params: { id: cutover.id },
        body: { reason: reason.trim(), undo_imports: withImports },
      }),
    onClose,
  )
  return (
    <Confirm
      isOpen
      title="Undo the cut-over"
      act="Undo it"
      keep="Leave it"
      isBusy={undo.isPending}
      error={undo.error}
      onConfirm={() => undo.mutate(undefined)}
      onClose={onClose}
    >
      <div className={styles.part}>
        <div>
          {`${pair.files_source} takes files as before, and the two are compared again. At the restore point it had ${counted(cutover.restore_point.open_findings, 'open finding')}.`}
        </div>
        <Checkbox
          label="Take back the files that came after the restore point"
          checked={withImports}
          onChange={event => setWithImports(event.currentTarget.checked)}
        />
        <Reason value={reason} onChange={setReason} />
      </div>
    </Confirm>
  )
}

function Reason({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return (
    <Textarea
      label="Reason"
      value={value}
      maxLength={2000}
      required
      autosize
      minRows={2}
      onChange={event => onChange(event.currentTarget.value)}
    />
  )
}
