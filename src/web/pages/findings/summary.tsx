import { Button, SegmentedControl, Skeleton } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import type { FindingFlow, FindingSeverities } from '../../../contract/vulnerabilities.ts'
import type { Severity } from '../../../domain/severity.ts'
import { Bars } from '../../components/chart/bars.tsx'
import { ChartPanel } from '../../components/chart/chart-panel.tsx'
import { SeverityDonut } from '../../components/chart/severity-donut.tsx'
import { Icon } from '../../components/icons.tsx'
import { QueryView } from '../../components/query-view.tsx'
import type { FindingSearch } from '../../lib/finding-search.ts'
import { count } from '../../lib/format.ts'
import { useRemembered } from '../../lib/remembered.ts'
import { severityLabels, sumOf, worstFirst } from '../../lib/severity.ts'
import { findingFlowQuery, findingSeveritiesQuery } from '../../lib/vulnerability-queries.ts'
import { fixedBetween, foundBetween, MttrPanel } from './mttr-panel.tsx'
import styles from './summary.module.css'

const list = '/vulnerabilities/tenable'

/** The findings of the filter in figures: one row, which folds away. */
export function Summary({ filter }: { filter: FindingSearch }) {
  // On a phone it would be all that is seen of the page.
  const isPhone = useMediaQuery('(max-width: 47.99em)', false, { getInitialValueInEffect: false })
  const [shown, setShown] = useRemembered('findings-summary', ['open', 'folded'], isPhone ? 'folded' : 'open')
  const [days, setDays] = useRemembered('findings-summary-days', ['30', '90'], '30')
  const isOpen = shown === 'open'
  return (
    <section aria-label="Summary of the filter">
      <div className={styles.head}>
        <Button
          variant="subtle"
          color="gray"
          size="compact-sm"
          aria-expanded={isOpen}
          leftSection={<Icon name={isOpen ? 'down' : 'next'} />}
          onClick={() => setShown(isOpen ? 'folded' : 'open')}
        >
          Summary
        </Button>
        {isOpen && (
          <SegmentedControl
            size="xs"
            aria-label="Period of the summary"
            value={days}
            onChange={value => setDays(value === '90' ? '90' : '30')}
            data={[
              { value: '30', label: '30 days' },
              { value: '90', label: '90 days' },
            ]}
          />
        )}
      </div>
      {isOpen && (
        <div className={styles.row}>
          <Severities filter={filter} />
          <Flow filter={filter} days={Number(days)} />
          <MttrPanel filter={filter} days={Number(days)} />
        </div>
      )}
    </section>
  )
}

function Severities({ filter }: { filter: FindingSearch }) {
  const query = useQuery(findingSeveritiesQuery(filter))
  return (
    <QueryView query={query} skeleton={<Skeleton height={200} />}>
      {data => <SeverityPanel filter={filter} data={data} />}
    </QueryView>
  )
}

function SeverityPanel({ filter, data }: { filter: FindingSearch; data: FindingSeverities }) {
  const navigate = useNavigate()
  const { by_severity: counts } = data
  const searchOf = (severity: Severity): FindingSearch => ({ ...filter, severity: [severity] })
  const worst = counts.critical + counts.high
  return (
    <ChartPanel
      title="By severity"
      note={
        <>
          Critical and high:{' '}
          {worst === 0 ? (
            '0'
          ) : (
            <Link to={list} search={{ ...filter, severity: worstOf(filter) }}>
              {count(worst)}
            </Link>
          )}
        </>
      }
      table={{
        label: 'Findings by severity',
        columns: ['Severity', 'Findings'],
        file: 'findings-by-severity',
        rows: [
          ...worstFirst.map(severity => ({
            key: severity,
            cells: [severity, counts[severity]],
            shown: [severityLabels[severity], <Door key="n" value={counts[severity]} search={searchOf(severity)} />],
          })),
          {
            key: 'all',
            cells: ['all', sumOf(counts)],
            shown: ['All', <Door key="n" value={sumOf(counts)} search={filter} />],
          },
        ],
      }}
    >
      <SeverityDonut
        counts={counts}
        onOpen={severity => void navigate({ to: list, search: searchOf(severity) })}
        door={(severity, number) => (
          <Link to={list} search={searchOf(severity)}>
            {number}
          </Link>
        )}
      />
    </ChartPanel>
  )
}

/** Critical and high, as far as the filter has them. */
function worstOf({ severity }: FindingSearch): Severity[] {
  const both: readonly Severity[] = ['critical', 'high']
  return both.filter(one => severity === undefined || severity.includes(one))
}

function Flow({ filter, days }: { filter: FindingSearch; days: number }) {
  const query = useQuery(findingFlowQuery(filter, days, days > 30 ? 'week' : 'day'))
  return (
    <QueryView query={query} skeleton={<Skeleton height={200} />}>
      {data => <FlowPanel filter={filter} flow={data} per={days > 30 ? 'week' : 'day'} />}
    </QueryView>
  )
}

interface FlowPanelProps {
  readonly filter: FindingSearch
  readonly flow: FindingFlow
  readonly per: 'day' | 'week'
}

/** What was found and what was fixed, each day or week. */
export function FlowPanel({ filter, flow, per }: FlowPanelProps) {
  const navigate = useNavigate()
  const { items } = flow
  const sum = (of: 'found' | 'fixed') => items.reduce((total, item) => total + item[of], 0)
  return (
    <ChartPanel
      title={`New and fixed per ${per}`}
      note={`${count(sum('found'))} new, ${count(sum('fixed'))} fixed since ${items[0]?.from}. Days in UTC.`}
      table={{
        label: `New and fixed per ${per}`,
        columns: [per === 'day' ? 'Day' : 'Week from', 'New', 'Fixed', 'Resurfaced'],
        file: `findings-new-and-fixed-per-${per}`,
        rows: items.toReversed().map(item => ({
          key: item.from,
          cells: [item.from, item.found, item.fixed, item.resurfaced],
          shown: [
            item.from,
            <Door key="f" value={item.found} search={foundBetween(filter, item)} />,
            <Door key="x" value={item.fixed} search={fixedBetween(filter, item)} />,
            <Door key="r" value={item.resurfaced} search={resurfacedBetween(filter, item)} />,
          ],
        })),
      }}
    >
      <Bars
        label={`New and fixed per ${per}: ${count(sum('found'))} new, ${count(sum('fixed'))} fixed since ${items[0]?.from}`}
        days={items.map(item => item.from)}
        series={[
          { name: 'New', colour: 'var(--mark)', values: items.map(item => item.found) },
          { name: 'Fixed', colour: 'var(--good)', isHollow: true, values: items.map(item => item.fixed) },
        ]}
        onOpen={(series, bucket) => {
          const item = items[bucket]
          if (item === undefined) return
          void navigate({ to: list, search: series === 0 ? foundBetween(filter, item) : fixedBetween(filter, item) })
        }}
      />
    </ChartPanel>
  )
}

function resurfacedBetween(filter: FindingSearch, { from, to }: { from: string; to: string }): FindingSearch {
  const { end_cause: _cause, is_overdue: _overdue, sort: _sort, ...rest } = filter
  return { ...rest, state: ['reopened'], resurfaced_from: from, resurfaced_to: to }
}

function Door({ value, search }: { value: number; search: FindingSearch }) {
  if (value === 0) return <span className="dim">0</span>
  return (
    <Link to={list} search={search}>
      {count(value)}
    </Link>
  )
}
