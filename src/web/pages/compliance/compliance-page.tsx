import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, Outlet, useNavigate, useParams } from '@tanstack/react-router'
import type { ComplianceStatistics } from '../../../contract/compliance.ts'
import { AsOf } from '../../components/list/counting-note.tsx'
import { Notice } from '../../components/notice.tsx'
import { PageFrame, SentenceSkeleton } from '../../components/page.tsx'
import { PageTabs } from '../../components/page-tabs.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { complianceStatisticsQuery } from '../../lib/compliance-queries.ts'
import {
  type ComplianceSearch,
  type ComplianceView,
  outcomes,
  readComplianceSearch,
} from '../../lib/compliance-search.ts'
import { count, counted } from '../../lib/format.ts'
import { useRememberSearch } from '../../lib/list-preferences.ts'
import { AuditFiles } from './audit-files.tsx'
import styles from './compliance.module.css'
import { AssetsList, ChecksList, ResultsList } from './compliance-lists.tsx'
import { DaysCsv, DaysView } from './days-panel.tsx'
import { Outcome } from './outcome.tsx'

const route = getRouteApi('/compliance/tenable')

const views = [
  { by: 'check', label: 'By check' },
  { by: 'asset', label: 'By asset' },
  { by: 'audit_file', label: 'By audit file' },
  { by: 'result', label: 'Results' },
] as const satisfies readonly { by: ComplianceView; label: string }[]

/** What audits found: by check, asset and audit file, now and over time. */
export function CompliancePage() {
  const search = route.useSearch()
  const { as_of: _day, ...rest } = search
  const { by = 'check' } = rest
  const openId = useParams({ strict: false, select: params => params.id })
  // A day of the past is not what one comes back to.
  useRememberSearch('compliance-checks', rest)
  const query = useQuery(complianceStatisticsQuery(search))
  const statistics = query.data
  return (
    <PageFrame
      title="Compliance"
      context={statistics ? <AsOf at={statistics.as_of} level="source" /> : query.error ? undefined : ''}
      sentence={statistics ? sentenceOf(statistics, search) : !query.error && <SentenceSkeleton />}
      actions={<Day search={search} />}
      details={<Outlet />}
      isDetailed={openId !== undefined}
    >
      {search.as_of !== undefined && <Then day={search.as_of} search={search} />}
      <QueryView query={query} skeleton={<Skeleton height={250} />}>
        {data => data.total > 0 && <Top statistics={data} search={search} />}
      </QueryView>
      <PageTabs label="Compliance by">
        {views.map(view => (
          <Link
            key={view.by}
            to="/compliance/tenable"
            search={before => readComplianceSearch({ ...before, by: view.by, sort: undefined })}
            resetScroll={false}
            activeOptions={{ exact: true }}
            aria-current={view.by === by ? 'page' : undefined}
          >
            {view.label}
          </Link>
        ))}
      </PageTabs>
      {by === 'check' && <ChecksList search={search} />}
      {by === 'asset' && <AssetsList search={search} />}
      {by === 'result' && <ResultsList search={search} />}
      {by === 'audit_file' && <AuditFiles search={search} />}
    </PageFrame>
  )
}

function Top({ statistics, search }: { statistics: ComplianceStatistics; search: ComplianceSearch }) {
  return (
    <div className={styles.top}>
      <Panel title="Outcomes">
        <table className={styles.counts}>
          <caption className="only-spoken">Results by outcome</caption>
          <tbody>
            {outcomes.map(state => (
              <tr key={state}>
                <th scope="row">
                  <Outcome state={state} />
                </th>
                <td>
                  {statistics.counts[state] === 0 ? (
                    <span className="dim">0</span>
                  ) : (
                    <Link to="/compliance/tenable" search={{ ...search, by: 'result', state: [state] }}>
                      {count(statistics.counts[state])}
                    </Link>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Panel>
      <Panel
        title="Outcomes over the last 90 days"
        aside={<DaysCsv days={statistics.days} file="compliance-by-day.csv" />}
      >
        <DaysView days={statistics.days} name="Outcomes on each day" />
      </Panel>
    </div>
  )
}

/** Which day is asked about; empty is now. */
function Day({ search }: { search: ComplianceSearch }) {
  const navigate = useNavigate()
  return (
    <label className={styles.day}>
      <span className="dim">As of the end of</span>
      <input
        type="date"
        max={new Date().toISOString().slice(0, 10)}
        value={search.as_of ?? ''}
        onChange={event =>
          void navigate({
            to: '/compliance/tenable',
            search: readComplianceSearch({ ...search, as_of: event.currentTarget.value }),
          })
        }
      />
    </label>
  )
}

function Then({ day, search }: { day: string; search: ComplianceSearch }) {
  const { as_of: _day, ...now } = search
  return (
    <Notice
      tone="info"
      title={`Outcomes as they were at the end of ${day} (UTC)`}
      action={
        <Link to="/compliance/tenable" search={now}>
          Back to now
        </Link>
      }
    >
      Which assets count, and what a check says, is as it is now.
    </Notice>
  )
}

function sentenceOf({ total, counts }: ComplianceStatistics, search: ComplianceSearch): string {
  if (total === 0) return search.as_of === undefined ? 'No compliance results.' : 'No results were known then.'
  const judged = counts.passed + counts.failed
  const share =
    judged === 0
      ? ''
      : `; of ${count(judged)} that passed or failed, ${((100 * counts.passed) / judged).toFixed(1)} % passed`
  return `${count(counts.failed)} of ${counted(total, 'result')} ${counts.failed === 1 ? 'fails' : 'fail'}${share}.`
}
