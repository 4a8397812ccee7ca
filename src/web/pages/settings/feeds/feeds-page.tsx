import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { FeedView } from '../../../../contract/feeds.ts'
import { Facts } from '../../../components/facts.tsx'
import { Ago, At } from '../../../components/instant.tsx'
import { Notice } from '../../../components/notice.tsx'
import { OutsideName } from '../../../components/outside-text.tsx'
import { PageFrame } from '../../../components/page.tsx'
import { Panel } from '../../../components/panel.tsx'
import { QueryView } from '../../../components/query-view.tsx'
import { RoleNote } from '../../../components/role-note.tsx'
import { feedsQuery } from '../../../lib/console-queries.ts'
import { bytes, count, counted } from '../../../lib/format.ts'
import { useHasRole } from '../../../lib/session.ts'
import { feedLabels } from './feed-labels.ts'
import { LoadFeed } from './load-feed.tsx'

/** What others publish about CVEs: of which day, from where, and ways to load it. */
export function FeedsPage() {
  const query = useQuery(feedsQuery)
  const may = useHasRole('operator')
  return (
    <PageFrame
      title="EPSS and KEV"
      sentence="How likely a CVE is exploited, and whether it is: published day by day, kept with its history."
    >
      <RoleNote needed="operator" what="Loading a feed" />
      <QueryView query={query} skeleton={<Skeleton height={360} />}>
        {data => (
          <div className="stacked">
            {!data.is_on && (
              <Notice tone="info" title="This server fetches no feed by itself">
                TENFOLD_FEEDS_ENABLED is false, so nothing is called on the internet. Load a file, or fetch one below.
              </Notice>
            )}
            {data.items.map(feed => (
              <Panel key={feed.kind} title={feedLabels[feed.kind].title}>
                <Feed feed={feed} />
                {may && <LoadFeed kind={feed.kind} />}
              </Panel>
            ))}
          </div>
        )}
      </QueryView>
    </PageFrame>
  )
}

function Feed({ feed }: { feed: FeedView }) {
  const { latest } = feed
  return (
    <div style={{ display: 'grid', gap: 12 }}>
      {feed.error_message !== null && (
        <Notice tone="bad" title="The last look at its address failed">
          <OutsideName text={feed.error_message} />
          {feed.error_code !== null && <div className="mono dim">{feed.error_code}</div>}
        </Notice>
      )}
      {feed.score_on === null ? (
        <p style={{ margin: 0 }}>None was loaded yet: {feedLabels[feed.kind].without}.</p>
      ) : (
        <Facts
          facts={[
            ['Speaks for', feed.score_on],
            ['CVEs', count(feed.entries)],
            ['Version', feed.version],
            [
              'Days loaded',
              `${count(feed.days_loaded)}${feed.first_score_on === null ? '' : `, from ${feed.first_score_on}`}`,
            ],
            ['Loaded', latest && <Ago key="l" at={latest.loaded_at} />],
            ['By', latest && <OutsideName key="b" text={latest.loaded_by} />],
            ['From', latest && <OutsideName key="f" text={latest.origin} />],
            ['Size', latest && bytes(latest.bytes)],
            [
              'Against the one before',
              latest &&
                `${count(latest.added)} added, ${count(latest.changed)} changed, ${count(latest.removed)} removed; ${counted(latest.plugins_changed, 'plugin')} changed`,
            ],
            ['Address asked', <Ago key="c" at={feed.checked_at} fallback="never" />],
            ['Asked again', feed.next_at !== null && <At key="n" at={feed.next_at} />],
          ]}
        />
      )}
    </div>
  )
}
