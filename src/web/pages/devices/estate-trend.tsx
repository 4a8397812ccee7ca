import { SegmentedControl, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { DailyEstateStatistics } from '../../../contract/devices.ts'
import { severities } from '../../../domain/severity.ts'
import { ChartPanel } from '../../components/chart/chart-panel.tsx'
import { StackedAreas } from '../../components/chart/stacked-areas.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { serverNow } from '../../lib/clock.ts'
import { estateDaysQuery } from '../../lib/device-queries.ts'
import { count, dayAndMonth } from '../../lib/format.ts'
import { useRemembered } from '../../lib/remembered.ts'
import { severityColour, severityLabels, sumOf, worstFirst } from '../../lib/severity.ts'
import styles from './devices.module.css'

const periods = ['30', '90', '365'] as const
type Period = (typeof periods)[number]

/** Devices and what was open on them at the end of each day, each finding once. */
export function EstateTrend() {
  const [days, setDays] = useRemembered('devices-trend', periods, '90')
  const from = new Date(serverNow() - (Number(days) - 1) * 24 * 3_600_000).toISOString().slice(0, 10)
  const query = useQuery(estateDaysQuery(from))
  return (
    <QueryView query={query} skeleton={<Skeleton height={270} />}>
      {data => <Trends data={data} days={days} onDays={setDays} />}
    </QueryView>
  )
}

interface TrendsProps {
  readonly data: DailyEstateStatistics
  readonly days: Period
  readonly onDays: (days: Period) => void
}

function Trends({ data: { items, first_day, settled_before }, days, onDays }: TrendsProps) {
  const [first, last] = [items[0], items.at(-1)]
  if (first === undefined || last === undefined) {
    return <p className="dim">The days of the estate are counted when the next run of a source ends.</p>
  }
  const choice = (
    <SegmentedControl
      size="xs"
      aria-label="Days of the trend"
      value={days}
      onChange={value => onDays(periods.find(one => one === value) ?? '90')}
      data={periods.map(value => ({ value, label: `${value} d` }))}
    />
  )
  const dates = items.map(item => item.day)
  const note = noteOf(first_day, settled_before)
  return (
    <div className={styles.trends}>
      <ChartPanel
        title="Open findings of the estate"
        aside={choice}
        note={`Each finding once per device. ${note}`}
        table={{
          label: 'Open findings of the estate at the end of each day',
          columns: ['Day', ...worstFirst.map(severity => severityLabels[severity]), 'All', 'As sources report'],
          file: 'estate-open-by-day',
          rows: items.toReversed().map(item => ({
            key: item.day,
            cells: [
              item.day,
              ...worstFirst.map(severity => item.by_severity[severity]),
              item.total,
              sumOf(item.reported),
            ],
          })),
        }}
      >
        <StackedAreas
          label={`Open findings of the estate by severity, from ${count(first.total)} on ${first.day} to ${count(last.total)} on ${last.day}`}
          days={dates}
          areas={severities.map(severity => ({
            name: severityLabels[severity],
            colour: severityColour(severity),
            values: items.map(item => item.by_severity[severity]),
          }))}
        />
      </ChartPanel>
      <ChartPanel
        title="Devices"
        note={`Of the default count. ${note}`}
        table={{
          label: 'Devices at the end of each day',
          columns: ['Day', 'Devices', 'Of several records', 'Records'],
          file: 'devices-by-day',
          rows: items.toReversed().map(item => ({
            key: item.day,
            cells: [item.day, item.devices, item.shared, item.records],
          })),
        }}
      >
        <StackedAreas
          label={`Devices, from ${count(first.devices)} on ${first.day} to ${count(last.devices)} on ${last.day}, of which ${count(last.shared)} have several records`}
          days={dates}
          areas={[
            { name: 'Several', colour: 'var(--mark)', values: items.map(item => item.shared) },
            { name: 'One record', colour: 'var(--line-strong)', values: items.map(item => item.devices - item.shared) },
          ]}
        />
      </ChartPanel>
    </div>
  )
}

function noteOf(first: string | null, settled: string | null): string {
  const parts = ['At the end of each day in UTC, with devices as they are made of records today.']
  if (first !== null) parts.push(`Nothing is known before ${dayAndMonth(first)} ${first.slice(0, 4)}.`)
  if (settled !== null) parts.push(`Days before ${settled} are as they were known then.`)
  return parts.join(' ')
}
