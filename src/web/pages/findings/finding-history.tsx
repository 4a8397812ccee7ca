import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { FindingEventView } from '../../../contract/findings.ts'
import { Section } from '../../components/details-panel.tsx'
import { Ago } from '../../components/instant.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { endCauseLabels } from '../../components/state-label.tsx'
import { useNow } from '../../lib/clock.ts'
import { findingHistoryQuery } from '../../lib/queries.ts'
import { severityLabels } from '../../lib/severity.ts'
import styles from './finding-history.module.css'
import { Lane, type Span } from './lanes.tsx'

/** What happened to the finding, newest first. */
export function FindingHistory({ id }: { id: string }) {
  const query = useQuery(findingHistoryQuery(id))
  return (
    <Section title="History">
      <QueryView
        query={query}
        skeleton={<Skeleton height={60} />}
        isEmpty={data => data.items.length === 0}
        empty={<p className="dim">Nothing recorded.</p>}
      >
        {data => (
          <>
            <FindingLane events={data.items} />
            <ol className={styles.events}>
              {data.items.toReversed().map(event => (
                <li key={event.event_id} className={styles.event}>
                  <span className={styles.when}>
                    <Ago at={event.happened_at ?? event.recorded_at} />
                  </span>
                  <span>
                    {wordsOf(event)}
                    <span className="dim"> {evidenceOf(event)}</span>
                    {event.run_id !== null && (
                      <>
                        {' '}
                        <Link to="/admin/tenable/sync/$id" params={{ id: String(event.run_id) }} className={styles.run}>
                          run {event.run_id}
                        </Link>
                      </>
                    )}
                  </span>
                </li>
              ))}
            </ol>
          </>
        )}
      </QueryView>
    </Section>
  )
}

/** The same as a picture, from the first event until now. */
function FindingLane({ events }: { events: readonly FindingEventView[] }) {
  const now = useNow()
  const spans = spansOf(events)
  const first = spans[0]
  if (first === undefined) return null
  return (
    <div className={styles.lane}>
      <Lane label="State over time" spans={spans} from={Date.parse(first.from)} to={now} />
    </div>
  )
}

/** What it was from when to when; events that change neither its state nor its end make no new span. */
function spansOf(events: readonly FindingEventView[]): readonly Span[] {
  const spans: Span[] = []
  for (const event of events) {
    const state = event.kind === 'ended' ? 'ended' : event.state
    const at = event.happened_at ?? event.recorded_at
    const last = spans.at(-1)
    const isOfEnd = event.kind === 'ended' || event.kind === 'returned'
    if (last?.state === state || (last?.state === 'ended' && !isOfEnd)) continue
    if (last) last.to = at
    spans.push({ state, from: at, to: null })
  }
  return spans
}

function wordsOf(event: FindingEventView): string {
  switch (event.kind) {
    case 'opened':
      return `Opened, ${severityLabels[event.severity].toLowerCase()}`
    case 'fixed':
      return event.cause === 'not_seen' ? 'Fixed: its scan looked again and did not see it' : 'Fixed'
    case 'resurfaced':
      return 'Resurfaced'
    case 'severity':
      return `Severity is now ${severityLabels[event.severity].toLowerCase()}`
    case 'modification':
      return event.severity_modification === 'none'
        ? 'Risk rule taken away'
        : `Risk rule: ${event.severity_modification === 'accepted' ? 'accepted' : 'recast'}`
    case 'ended':
      return `Ended: ${isEndCause(event.cause) ? endCauseLabels[event.cause] : `by the ${event.cause}`}`
    case 'returned':
      return 'Returned'
  }
}

function isEndCause(cause: FindingEventView['cause']): cause is keyof typeof endCauseLabels {
  return Object.hasOwn(endCauseLabels, cause)
}

function evidenceOf(event: FindingEventView): string {
  if (event.before?.first_found !== undefined) return 'seen by a scan that was read after later ones'
  if (event.before?.told_at !== undefined) return 'told once more, behind the earlier opening'
  if (event.is_reconstructed) return 'from the dates the source gave at first sight, not witnessed'
  if (event.happened_at === null) return 'when we were told; the source gives no date'
  return ''
}
