import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Mttr } from '../../../contract/vulnerabilities.ts'
import { ChartPanel } from '../../components/chart/chart-panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import type { FindingSearch } from '../../lib/finding-search.ts'
import { count } from '../../lib/format.ts'
import { severityLabels, worstFirst } from '../../lib/severity.ts'
import { mttrQuery } from '../../lib/vulnerability-queries.ts'
import styles from './summary.module.css'

interface Period {
  readonly from: string
  readonly to: string
}

/** What was first found then, whatever became of it. */
export function foundBetween(filter: FindingSearch, { from, to }: Period): FindingSearch {
  const { state: _state, include = [], ...rest } = flowFilter(filter)
  return { ...rest, include: [...new Set([...include, 'fixed' as const])], first_found_from: from, first_found_to: to }
}

/** What is fixed, and was fixed then. */
export function fixedBetween(filter: FindingSearch, { from, to }: Period): FindingSearch {
  return { ...flowFilter(filter), state: ['fixed'], last_fixed_from: from, last_fixed_to: to }
}

function flowFilter({ end_cause: _cause, is_overdue: _overdue, sort: _sort, ...rest }: FindingSearch): FindingSearch {
  return rest
}

/** How long fixes took, against the period before. */
export function MttrPanel({ filter, days }: { filter: FindingSearch; days: number }) {
  const query = useQuery(mttrQuery(filter, days))
  return (
    <QueryView query={query} skeleton={<Skeleton height={200} />}>
      {data => <Figures filter={filter} mttr={data} days={days} />}
    </QueryView>
  )
}

function Figures({ filter, mttr, days }: { filter: FindingSearch; mttr: Mttr; days: number }) {
  const { current, previous } = mttr
  return (
    <ChartPanel
      title="Time to fix"
      note={
        <>
          {current.fixes === 0 ? (
            `No fixes in ${days} days.`
          ) : (
            <>
              <Link to="/vulnerabilities/tenable" search={fixedBetween(filter, current)}>
                {count(current.fixes)} fixes
              </Link>{' '}
              in {days} days
            </>
          )}
          {previous.fixes > 0 && (
            <>
              {', '}
              <Link to="/vulnerabilities/tenable" search={fixedBetween(filter, previous)}>
                {count(previous.fixes)}
              </Link>{' '}
              in the {days} before
            </>
          )}
        </>
      }
      table={{
        label: 'Time to fix by severity',
        columns: ['Severity', 'Fixes', 'Median, days', 'p90, days', 'Median before'],
        file: 'time-to-fix',
        rows: worstFirst.map(severity => {
          const now = current.by_severity[severity]
          const search = fixedBetween({ ...filter, severity: [severity] }, current)
          return {
            key: severity,
            cells: [severity, now.fixes, now.median_days, now.p90_days, previous.by_severity[severity].median_days],
            shown: [
              severityLabels[severity],
              now.fixes === 0 ? (
                '0'
              ) : (
                <Link key="f" to="/vulnerabilities/tenable" search={search}>
                  {count(now.fixes)}
                </Link>
              ),
              inDays(now.median_days),
              inDays(now.p90_days),
              inDays(previous.by_severity[severity].median_days),
            ],
          }
        }),
      }}
    >
      <dl className={styles.figures}>
        <Figure name="Median" now={current.median_days} before={previous.median_days} />
        <Figure name="p90" hint="Nine of ten fixes took no longer" now={current.p90_days} before={previous.p90_days} />
      </dl>
    </ChartPanel>
  )
}

interface FigureProps {
  readonly name: string
  readonly hint?: string
  readonly now: number | null
  readonly before: number | null
}

function Figure({ name, hint, now, before }: FigureProps) {
  return (
    <div title={hint}>
      <dt>{name}</dt>
      <dd>
        <span className={styles.big}>{inDays(now)}</span>
        {now !== null && <span className="dim"> days</span>}
        <div className="dim">{changeOf(now, before)}</div>
      </dd>
    </div>
  )
}

function changeOf(now: number | null, before: number | null): string {
  if (before === null) return 'no fixes before'
  if (now === null) return `${inDays(before)} days before`
  const change = Math.round((now - before) * 10) / 10
  if (change === 0) return 'as before'
  return `${change > 0 ? '↑ +' : '↓ −'}${Math.abs(change)} d against ${inDays(before)} d before`
}

export function inDays(days: number | null): string {
  return days === null ? '–' : (Math.round(days * 10) / 10).toLocaleString('en')
}
