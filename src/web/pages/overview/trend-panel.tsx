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

function Trend({ data: { items, first_day, settled_before, imported }, days, onDays }: TrendProps) {
  const last = items.at(-1)
  const apart = apartOf(imported.items)
  const before = daysBefore(apart[0]?.[0], items[0]?.day)
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
      note={noteOf(first_day, settled_before, apart.length > 0 ? imported.until : undefined)}
      table={{
        label: 'Open by severity at the end of each day',
        columns: [
          'Day',
          ...worstFirst.map(severity => severityLabels[severity]),
          'All',
          ...(apart.length > 0 ? [importedLabel] : []),
        ],
        file: 'open-by-severity',
        rows: rowsOf(items, apart),
      }}
    >
      {last === undefined && apart.length === 0 ? (
        <p className="dim">The totals of the first day are made when the first run closes.</p>
      ) : (
        <StackedAreas
          label={spokenOf(items, apart)}
          before={before}
          apart={apart.length > 0 ? { name: importedLabel, points: apart } : undefined}
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

const importedLabel = 'Imported from HexTrackr'

type Apart = readonly (readonly [day: string, value: number])[]

/** Of several databases the sum, as each counted. */
function apartOf(items: DailyFindingStatistics['imported']['items']): Apart {
  const sums = new Map<string, number>()
  for (const { day, total } of items) if (total !== null) sums.set(day, (sums.get(day) ?? 0) + total)
  return [...sums]
}

/** From the first imported day to the day before our own first. */
function daysBefore(first: string | undefined, own: string | undefined): string[] {
  if (first === undefined) return []
  const end = own ?? new Date(serverNow() + 86_400_000).toISOString().slice(0, 10)
  const days: string[] = []
  for (let ms = Date.parse(`${first}T00:00:00Z`); ms < Date.parse(`${end}T00:00:00Z`); ms += 86_400_000) {
    days.push(new Date(ms).toISOString().slice(0, 10))
  }
  return days
}

function rowsOf(items: DailyFindingStatistics['items'], apart: Apart) {
  const imported = new Map(apart)
  const own = new Map(items.map(item => [item.day, item]))
  const days = [...new Set([...imported.keys(), ...own.keys()])].sort().toReversed()
  return days.map(day => {
    const item = own.get(day)
    const counts = item
      ? [...worstFirst.map(severity => item.by_severity[severity]), item.total]
      : [...worstFirst, 'all'].map(() => '')
    return { key: day, cells: [day, ...counts, ...(apart.length > 0 ? [imported.get(day) ?? ''] : [])] }
  })
}

function spokenOf(items: DailyFindingStatistics['items'], apart: Apart): string {
  const [first, last] = [items[0], items.at(-1)]
  const own =
    first &&
    last &&
    `Open findings by severity, from ${count(first.total)} on ${first.day} to ${count(last.total)} on ${last.day}`
  const [from, to] = [apart[0], apart.at(-1)]
  const imported = from && to && `${importedLabel}: from ${count(from[1])} on ${from[0]} to ${count(to[1])} on ${to[0]}`
  return [own, imported].filter(part => part !== undefined).join('. ')
}

/** @param until our first reading, where there are imported days before it */
function noteOf(first: string | null, settled: string | null, until: string | null | undefined): string {
  const parts = ['At the end of each day in UTC.']
  if (until !== undefined) {
    const end = until === null ? '' : `, before our first reading on ${until}`
    parts.push(`The dashed line is imported: as HexTrackr counted${end}. It is not added to ours.`)
  }
  if (first !== null) parts.push(`Nothing is known before ${dayAndMonth(first)} ${first.slice(0, 4)}.`)
  if (settled !== null) parts.push(`Days before ${settled} are as they were known then.`)
  return parts.join(' ')
}
