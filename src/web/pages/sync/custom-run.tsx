import { Button, Checkbox, Modal, Select } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import type { SourceView } from '../../../contract/sources.ts'
import type { StreamName } from '../../../domain/batch.ts'
import { ProblemView } from '../../components/problem-view.tsx'
import { useHasRole } from '../../lib/session.ts'
import { streamOptions } from '../../lib/streams.ts'
import { useStartSync } from '../../lib/sync-actions.ts'
import styles from './sync.module.css'

/** A run of some streams only. */
export function CustomRun({ source }: { source: SourceView }) {
  const [isOpen, setIsOpen] = useState(false)
  const may = useHasRole('operator')
  if (!may) return null
  return (
    <>
      <Button variant="default" aria-label={`Custom run of ${source.name}`} onClick={() => setIsOpen(true)}>
        Custom…
      </Button>
      <Modal
        opened={isOpen}
        onClose={() => setIsOpen(false)}
        title={`A run of ${source.name}`}
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <CustomRunForm source={source} onStarted={() => setIsOpen(false)} />
      </Modal>
    </>
  )
}

function CustomRunForm({ source, onStarted }: { source: SourceView; onStarted: () => void }) {
  const [kind, setKind] = useState<'delta' | 'full'>('delta')
  const [streams, setStreams] = useState<readonly StreamName[]>(['assets', 'findings'])
  const start = useStartSync()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    start.mutate({ sourceId: source.id, kind, streams }, { onSuccess: onStarted })
  }
  return (
    <form onSubmit={submit} className={styles.custom}>
      <Select
        label="What it reads"
        data={[
          { value: 'delta', label: 'What has changed' },
          { value: 'full', label: 'Everything' },
        ]}
        value={kind}
        allowDeselect={false}
        onChange={value => setKind(value === 'full' ? 'full' : 'delta')}
      />
      <Checkbox.Group
        label="Streams"
        description="Findings of assets that are not known yet make these provisional"
        value={[...streams]}
        onChange={value => setStreams(value as StreamName[])}
      >
        <div className={styles.streams}>
          {streamOptions.map(stream => (
            <Checkbox key={stream.value} value={stream.value} label={stream.label} />
          ))}
        </div>
      </Checkbox.Group>
      {start.error && <ProblemView error={start.error} />}
      {start.data?.created === false && (
        <p role="status">The source already has a run: number {start.data.importId}. It was not asked for twice.</p>
      )}
      <div>
        <Button type="submit" size="sm" disabled={streams.length === 0} loading={start.isPending}>
          Start the run
        </Button>
      </div>
    </form>
  )
}
