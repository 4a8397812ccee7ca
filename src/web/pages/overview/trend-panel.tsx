import { SegmentedControl, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { DailyFindingStatistics } from '../../../contract/statistics.ts'
import { severities } from '../../../domain/severity.ts'
import { ChartPanel } from '../../components/chart/chart-panel.tsx'
import { StackedAreas } from '../../components/chart/stacked-areas.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { serverNow } from '../../lib/clock.ts'
import { count, dayAndMonth } from '../../lib/format.ts'
import { useRemembered } from '../../lib/remembered.ts'
import { severityColour, severityLabels, worstFirst } from '../../lib/severity.ts'
import { dailyFindingsQuery } from '../../lib/vulnerability-queries.ts'

const periods = ['30', '90', '365'] as const

/** Open findings at the end of each day. */
export function TrendPanel() {
  const [days, setDays] = useRemembered('overview-trend', periods, '90')
  const from = new Date(serverNow() - (Number(days) - 1) * 24 * 3_600_000).toISOString().slice(0, 10)
  const query = useQuery(dailyFindingsQuery(from))
  return (
    <QueryView query={query} skeleton={<Skeleton height={290} />}>
      {data => <Trend data={data} days={days} onDays={setDays} />}
    </QueryView>
  )
}

type Period = (typeof periods)[number]

interface TrendProps {
  readonly data: DailyFindingStatistics
  readonly days: Period
  readonly onDays: (days: Period) => void
}

function Trend({ data: { items, first_day, settled_before }, days, onDays }: TrendProps) {
  const last = items.at(-1)
  return (
    <ChartPanel
      title="Open by severity"
      aside={
        <SegmentedControl
          size="xs"
          aria-label="Days of the trend"
          value={days}
          onChange={value => onDays(periods.find(one => one === value) ?? '90')}
          data={periods.map(value => ({ value, label: `${value} d` }))}
        />
      }
      note={noteOf(first_day, settled_before)}
      table={{
        label: 'Open by severity at the end of each day',
        columns: ['Day', ...worstFirst.map(severity => severityLabels[severity]), 'All'],
        file: 'open-by-severity',
        rows: items.toReversed().map(item => ({
          key: item.day,
          cells: [item.day, ...worstFirst.map(severity => item.by_severity[severity]), item.total],
        })),
      }}
    >
      {last === undefined ? (
        <p className="dim">The totals of the first day are made when the first run closes.</p>
      ) : (
        <StackedAreas
          label={`Open findings by severity, from ${count(items[0]?.total ?? 0)} on ${items[0]?.day} to ${count(last.total)} on ${last.day}`}
          days={items.map(item => item.day)}
          areas={severities.map(severity => ({
            name: severityLabels[severity],
            colour: severityColour(severity),
            values: items.map(item => item.by_severity[severity]),
          }))}
        />
      )}
    </ChartPanel>
  )
}

function noteOf(first: string | null, settled: string | null): string {
  const parts = ['At the end of each day in UTC.']
  if (first !== null) parts.push(`Nothing is known before ${dayAndMonth(first)} ${first.slice(0, 4)}.`)
  if (settled !== null) parts.push(`Days before ${settled} are as they were known then.`)
  return parts.join(' ')
}
