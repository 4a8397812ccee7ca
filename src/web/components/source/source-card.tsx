import { Switch } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { SourceView } from '../../../contract/sources.ts'
import type { SourceFreshness } from '../../../contract/statistics.ts'
import { useHasRole } from '../../lib/session.ts'
import { useUpdateSource } from '../../lib/source-actions.ts'
import { sourceKindLabels } from '../../lib/source-kinds.ts'
import { statusOf } from '../../lib/source-status.ts'
import { FreshnessDot } from '../freshness-dot.tsx'
import { Ago } from '../instant.tsx'
import { OutsideName } from '../outside-text.tsx'
import { ProblemView } from '../problem-view.tsx'
import { RunStatusLabel } from '../run-status.tsx'
import styles from './source.module.css'

interface SourceCardProps {
  readonly source: SourceView
  readonly freshness: SourceFreshness | undefined
  readonly isRunning: boolean
  readonly isOpen: boolean
}

/** One source: what it is, how it does, and whether it is read. Its name opens its settings. */
export function SourceCard({ source, freshness, isRunning, isOpen }: SourceCardProps) {
  const status = statusOf(source, freshness, isRunning)
  return (
    <article className={styles.source} aria-label={`Source ${source.name}`} data-open={isOpen || undefined}>
      <div className={styles.sourceHead}>
        <Link
          to="/settings/integrations/tenable"
          search={{ source: source.id }}
          className={styles.sourceName}
          aria-current={isOpen ? 'true' : undefined}
        >
          <OutsideName text={source.name} />
        </Link>
        <SourceSwitch source={source} />
      </div>
      <div className={styles.badges}>
        <span className={styles.badge}>{sourceKindLabels[source.kind]}</span>
        <span className={styles.badge} data-bad={status.isBad || undefined}>
          <FreshnessDot state={status.dot} />
          {status.word}
        </span>
      </div>
      <div className={styles.sourceFacts}>
        <LastResult freshness={freshness} />
        <div className="dim">
          <OutsideName text={source.base_url} /> ·{' '}
          {source.has_credentials ? `key ending in ${source.access_key_hint ?? '…'}` : 'no key'}
          {source.role !== null && ` · ${source.role}`}
          {source.managed_by === 'environment' && ' · set by the environment, read-only here'}
        </div>
      </div>
    </article>
  )
}

/** Whether a source is read at all. */
export function SourceSwitch({ source }: { source: SourceView }) {
  const update = useUpdateSource(source.id)
  const may = useHasRole('admin')
  const isFixed = source.managed_by === 'environment'
  return (
    <>
      <Switch
        size="sm"
        aria-label={`Read ${source.name}`}
        title={isFixed ? 'It follows the environment' : may ? undefined : 'Needs the role Administrator'}
        checked={update.isPending ? update.variables.is_enabled === true : source.is_enabled}
        disabled={!may || isFixed || update.isPending}
        onChange={event => update.mutate({ is_enabled: event.currentTarget.checked })}
      />
      {update.error && <ProblemView error={update.error} />}
    </>
  )
}

/** Up to when it is known complete, and how the last run went. */
export function LastResult({ freshness }: { freshness: SourceFreshness | undefined }) {
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
          Last run:{' '}
          <Link to="/admin/tenable/sync/$id" params={{ id: String(last.id) }}>
            <RunStatusLabel status={last.status} />
          </Link>
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
