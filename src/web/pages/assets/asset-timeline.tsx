import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { AssetEventView } from '../../../contract/asset-timeline.ts'
import type { AssetEventKind } from '../../../domain/asset.ts'
import { Section } from '../../components/details-panel.tsx'
import { Ago, At } from '../../components/instant.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { assetStatusLabels } from '../../lib/asset-search.ts'
import { assetTimelineQuery } from '../../lib/queries.ts'
import styles from './asset-facts.module.css'

/** What happened to an asset, newest first. */
export function AssetTimeline({ id }: { readonly id: string }) {
  const query = useQuery(assetTimelineQuery(id))
  return (
    <Section title="Timeline">
      <QueryView
        query={query}
        skeleton={<Skeleton height={80} />}
        isEmpty={data => data.items.length === 0}
        empty={<p className="dim">Nothing has happened to it since it was first read.</p>}
      >
        {data => (
          <>
            <ol className={styles.events} aria-label="Timeline">
              {data.items.toReversed().map(event => (
                <li key={event.event_id}>
                  <Ago at={event.happened_at ?? event.recorded_at} />
                  <span>
                    {wordsOf(event)}
                    {event.is_reconstructed && <span className="dim"> · from the source’s dates, not witnessed</span>}
                    {event.run_id !== null && (
                      <>
                        {' '}
                        <Link
                          to="/admin/tenable/sync/$id"
                          params={{ id: String(event.run_id) }}
                          className={styles.quiet}
                        >
                          run {event.run_id}
                        </Link>
                      </>
                    )}
                  </span>
                </li>
              ))}
            </ol>
            {data.archived_before !== null && (
              <p className="dim">
                Of before <At at={data.archived_before} /> some is in the archive.
              </p>
            )}
          </>
        )}
      </QueryView>
    </Section>
  )
}

const words = {
  appeared: () => 'Appeared',
  status: event =>
    event.cause === 'absent'
      ? `${assetStatusLabels[event.status]}: a complete run did not meet it`
      : assetStatusLabels[event.status],
  licence: event => (event.is_licensed === false ? 'Lost its licence' : 'Got a licence'),
  tracking: event => (event.is_tracked === false ? 'No longer tracked' : 'Tracked'),
  names: event => <Change what="Names" event={event} />,
  addresses: event => <Change what="Addresses" event={event} />,
  tags: event => <Change what="Tags" event={event} />,
  scope: event => <Change what="Scope of its source" event={event} />,
} as const satisfies Record<AssetEventKind, (event: AssetEventView) => React.ReactNode>

function wordsOf(event: AssetEventView) {
  return words[event.kind](event)
}

/** What came and what went; both are texts from outside. */
function Change({ what, event }: { readonly what: string; readonly event: AssetEventView }) {
  const [before, after] = [textsOf(event.before), textsOf(event.after)]
  const came = after.filter(text => !before.includes(text))
  const went = before.filter(text => !after.includes(text))
  return (
    <>
      {what}:{' '}
      {came.map(text => (
        <span key={`+${text}`} className={styles.change}>
          + <OutsideName text={text} />
        </span>
      ))}
      {went.map(text => (
        <span key={`-${text}`} className={styles.change}>
          − <OutsideName text={text} />
        </span>
      ))}
      {came.length + went.length === 0 && 'in another order'}
    </>
  )
}

/** Every text in a value, whatever holds it: events keep what the row had. */
function textsOf(value: unknown): readonly string[] {
  if (value === null || value === undefined) return []
  if (Array.isArray(value)) return value.flatMap(textsOf)
  if (typeof value !== 'object') return [String(value)]
  return Object.entries(value).flatMap(([key, member]) =>
    typeof member === 'string' || typeof member === 'number' || typeof member === 'boolean'
      ? [`${key.replaceAll('_', ' ')} ${String(member)}`]
      : textsOf(member),
  )
}
