import { Button, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { lazy, type ReactNode, Suspense } from 'react'
import type { SourceCalls } from '../../../contract/statistics.ts'
import type { RunView } from '../../../contract/sync.ts'
import { Empty } from '../../components/empty.tsx'
import { At } from '../../components/instant.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { Panel } from '../../components/panel.tsx'
import { PlainTable } from '../../components/plain-table.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { chartRunsQuery } from '../../lib/console-queries.ts'
import { saveCsv } from '../../lib/csv.ts'
import { count, shortCount } from '../../lib/format.ts'
import { syncQuery } from '../../lib/queries.ts'
import { runStatusLabels } from '../../lib/runs.ts'
import { runFilterOf, type SyncSearch } from '../../lib/sync-search.ts'
import { type Bar, callBars, percentText, type RunMeasure, runBars, runMeasures } from './bars.ts'
import styles from './sync.module.css'

const TimeBars = lazy(() => import('./time-bars.tsx'))
const runsShown = 200

/** How long runs took, what they read and what went wrong; and how much of the limit their calls used. */
export function Charts({ search }: { search: SyncSearch }) {
  const query = useQuery(chartRunsQuery(runFilterOf(search), runsShown))
  const { data: sync } = useQuery(syncQuery)
  const calls = (sync?.calls ?? []).filter(one => search.source_id === undefined || one.source_id === search.source_id)
  return (
    <QueryView
      query={query}
      skeleton={<Skeleton height={300} />}
      isEmpty={data => data.items.length === 0}
      empty={<Empty title="Nothing to draw.">No run matches the filter.</Empty>}
    >
      {data => (
        <div className={styles.charts}>
          {runMeasures.map(measure => (
            <RunChart key={measure.key} measure={measure} runs={data.items} total={data.total ?? data.items.length} />
          ))}
          {calls.map(one => (
            <CallChart key={one.source_id} calls={one} />
          ))}
        </div>
      )}
    </QueryView>
  )
}

interface RunChartProps {
  readonly measure: RunMeasure
  readonly runs: readonly RunView[]
  readonly total: number
}

function RunChart({ measure, runs, total }: RunChartProps) {
  const navigate = useNavigate()
  const bars = runBars(runs, measure)
  const byId = new Map(runs.map(run => [run.id, run]))
  const save = () =>
    saveCsv(
      `runs-${measure.key}.csv`,
      ['run', 'source', 'status', 'started_at', measure.unit],
      bars.map(bar => {
        const run = byId.get(bar.runId ?? 0)
        return [bar.runId ?? null, run?.source ?? null, run?.status ?? null, bar.at, bar.value]
      }),
    )
  return (
    <ChartPanel
      title={measure.title}
      note={total > runs.length ? `the last ${count(runs.length)} of ${count(total)} runs` : 'each bar is a run'}
      bars={bars}
      axisText={value => (measure.key === 'duration' ? measure.text(value) : shortCount(value))}
      leastStep={1}
      onSave={save}
      onOpen={bar =>
        void navigate({
          to: '/admin/tenable/sync/$id',
          params: { id: String(bar.runId) },
          search: true,
          resetScroll: false,
        })
      }
    >
      <PlainTable label={measure.title} className={styles.short} columns={['Run', 'Status', 'Started', [measure.unit]]}>
        {bars.toReversed().map(bar => {
          const run = byId.get(bar.runId ?? 0)
          return (
            <tr key={bar.runId}>
              <td data-label="Run">
                <Link to="/admin/tenable/sync/$id" params={{ id: String(bar.runId) }} search={true} resetScroll={false}>
                  {bar.runId}
                </Link>{' '}
                <OutsideName text={run?.source ?? ''} />
              </td>
              <td data-label="Status">{run && runStatusLabels[run.status]}</td>
              <td data-label="Started">
                <At at={bar.at} />
              </td>
              <td data-label={measure.unit} className="number">
                {measure.text(bar.value)}
              </td>
            </tr>
          )
        })}
      </PlainTable>
    </ChartPanel>
  )
}

function CallChart({ calls }: { calls: SourceCalls }) {
  const title = `Use of the rate limit, ${calls.source}`
  const save = () =>
    saveCsv(
      'rate-limit-use.csv',
      ['source', 'hour', 'calls', 'failed', 'refused', 'utilisation'],
      calls.hours.map(hour => [calls.source, hour.hour, hour.calls, hour.failed, hour.refused, hour.utilisation]),
    )
  return (
    <ChartPanel
      title={title}
      note="the last day, hour by hour"
      bars={callBars(calls)}
      axisText={percentText}
      leastStep={1}
      onSave={save}
    >
      <PlainTable
        label={title}
        className={styles.short}
        columns={['Hour', ['Of the limit'], ['Calls'], ['Failed'], ['Refused']]}
      >
        {calls.hours.toReversed().map(hour => (
          <tr key={hour.hour}>
            <td data-label="Hour">
              <At at={hour.hour} />
            </td>
            <td data-label="Of the limit" className="number">
              {percentText(hour.utilisation * 100)}
            </td>
            <td data-label="Calls" className="number">
              {count(hour.calls)}
            </td>
            <td data-label="Failed" className="number">
              {count(hour.failed)}
            </td>
            <td data-label="Refused" className="number">
              {count(hour.refused)}
            </td>
          </tr>
        ))}
      </PlainTable>
    </ChartPanel>
  )
}

interface ChartPanelProps {
  readonly title: string
  readonly note: string
  readonly bars: readonly Bar[]
  readonly axisText: (value: number) => string
  readonly leastStep: number
  readonly onSave: () => void
  readonly onOpen?: (bar: Bar) => void
  /** The same numbers as a table. */
  readonly children: ReactNode
}

function ChartPanel({ title, note, bars, axisText, leastStep, onSave, onOpen, children }: ChartPanelProps) {
  return (
    <Panel
      title={title}
      aside={
        <>
          <span className="dim">{note}</span>
          <Button variant="subtle" size="compact-xs" aria-label={`CSV of ${title}`} onClick={onSave}>
            CSV
          </Button>
        </>
      }
    >
      <div className={styles.chart}>
        <Suspense fallback={null}>
          <TimeBars
            bars={bars}
            label={`${title}: ${count(bars.length)} bars; the table has the numbers.`}
            axisText={axisText}
            leastStep={leastStep}
            {...(onOpen ? { onOpen } : {})}
          />
        </Suspense>
      </div>
      <details className={styles.tableOf}>
        <summary>Table</summary>
        <div>{children}</div>
      </details>
    </Panel>
  )
}
