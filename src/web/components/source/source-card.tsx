import { Button, Modal } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import type { SourceView } from '../../../contract/sources.ts'
import type { SourceFreshness } from '../../../contract/statistics.ts'
import { api } from '../../lib/api.ts'
import { FreshnessDot } from '../freshness-dot.tsx'
import { Ago } from '../instant.tsx'
import { OutsideName } from '../outside-text.tsx'
import { ProblemView } from '../problem-view.tsx'
import { RunStatusLabel } from '../run-status.tsx'
import { ConnectionReportView } from './connection-report.tsx'
import styles from './source.module.css'
import { SourceForm } from './source-form.tsx'

interface SourceCardProps {
  readonly source: SourceView
  readonly freshness: SourceFreshness | undefined
  readonly actions?: ReactNode
}

/** One source: how fresh, by which key, and what can be done with it. */
export function SourceCard({ source, freshness, actions }: SourceCardProps) {
  const [isChanging, setIsChanging] = useState(false)
  const test = useMutation({ mutationFn: () => api.call('testConnection', { body: { id: source.id } }) })
  const isOurs = source.managed_by === 'people'
  return (
    <article className={styles.source} aria-label={`Source ${source.name}`}>
      <div className={styles.sourceHead}>
        <span className={styles.sourceName}>
          <FreshnessDot state={dotOf(source, freshness)} />
          <OutsideName text={source.name} />
        </span>
        <span className={styles.buttons}>{actions}</span>
      </div>
      <div className={styles.sourceFacts}>
        <Freshness freshness={freshness} />
        <div className="dim">
          <OutsideName text={source.base_url} /> ·{' '}
          {source.has_credentials ? `key ending in ${source.access_key_hint ?? '…'}` : 'no key'}
          {source.role !== null && ` · ${source.role}`}
          {!isOurs && ' · set by the environment, read-only here'}
        </div>
      </div>
      <div className={styles.buttons}>
        <Button variant="default" onClick={() => test.mutate()} loading={test.isPending}>
          Test connection
        </Button>
        {isOurs && (
          <Button variant="default" onClick={() => setIsChanging(true)}>
            Change keys
          </Button>
        )}
      </div>
      {test.error && <ProblemView error={test.error} />}
      {test.data && <ConnectionReportView report={test.data} />}
      <Modal
        opened={isChanging}
        onClose={() => setIsChanging(false)}
        size="xl"
        title={`Keys of ${source.name}`}
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <SourceForm
          source={source}
          saveLabel="Save the new keys"
          onSaved={async () => {
            setIsChanging(false)
            test.reset()
          }}
        />
      </Modal>
    </article>
  )
}

function Freshness({ freshness }: { freshness: SourceFreshness | undefined }) {
  if (freshness === undefined) return <div className="dim">Not read yet</div>
  const last = freshness.last_run
  return (
    <div>
      {freshness.as_of === null ? (
        'Never complete.'
      ) : (
        <>
          Complete as of <Ago at={freshness.as_of} />.
        </>
      )}{' '}
      {freshness.is_stale && freshness.as_of !== null && <strong>Stale. </strong>}
      {last !== null && (
        <>
          Last run: <RunStatusLabel status={last.status} />
          {last.finished_at !== null && (
            <>
              {' '}
              <Ago at={last.finished_at} />
            </>
          )}
          .
        </>
      )}
    </div>
  )
}

function dotOf(source: SourceView, freshness: SourceFreshness | undefined) {
  if (!source.is_enabled) return 'off'
  if (freshness === undefined || freshness.as_of === null) return 'never'
  return freshness.is_stale ? 'stale' : 'fresh'
}
