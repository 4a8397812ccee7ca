import { SegmentedControl, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { PluginHistory } from '../../../contract/vulnerabilities.ts'
import { ChartPanel } from '../../components/chart/chart-panel.tsx'
import { StackedAreas } from '../../components/chart/stacked-areas.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { useNow } from '../../lib/clock.ts'
import { count } from '../../lib/format.ts'
import { pluginHistoryQuery } from '../../lib/vulnerability-queries.ts'
import styles from './lanes.module.css'
import { Lane } from './lanes.tsx'
import { portName } from './port-name.ts'
import { stateWords } from './span-words.ts'

const spans = ['30', '90', '365'] as const

/** How many were open on each day, and what happened to each of a few. */
export function PluginHistoryCharts({ pluginId }: { pluginId: number }) {
  const [days, setDays] = useState<string>('90')
  const query = useQuery(pluginHistoryQuery(pluginId, Number(days)))
  return (
    <QueryView query={query} skeleton={<Skeleton height={300} />}>
      {history => (
        <>
          <ChartPanel
            title="Open over time"
            aside={
              <SegmentedControl
                size="xs"
                aria-label="Days"
                value={days}
                onChange={setDays}
                data={spans.map(value => ({ value, label: `${value} d` }))}
              />
            }
            note="From the dates of the findings: a gap between a fix and a return is not in it."
            table={{
              label: 'Open over time',
              columns: ['Day', 'Open'],
              file: `plugin-${pluginId}-open`,
              rows: history.days.map(({ day, open }) => ({ key: day, cells: [day, open] })),
            }}
          >
            <StackedAreas
              label={spokenOf(history)}
              height={130}
              days={history.days.map(({ day }) => day)}
              areas={[{ name: 'Open', colour: 'var(--line-strong)', values: history.days.map(({ open }) => open) }]}
            />
          </ChartPanel>
          {history.lanes.length > 0 && <Lanes history={history} pluginId={pluginId} />}
        </>
      )}
    </QueryView>
  )
}

function Lanes({ history, pluginId }: { history: PluginHistory; pluginId: number }) {
  const now = useNow()
  const first = history.days[0]
  const from = first === undefined ? now : Date.parse(`${first.day}T00:00:00Z`)
  return (
    <ChartPanel
      title="Each finding over time"
      note="Filled: open. Half: reopened. Outlined: fixed. A line: ended. 20 findings at most, the oldest open ones first."
      table={{
        label: 'Each finding over time',
        columns: ['Asset', 'Port', 'What it was'],
        file: `plugin-${pluginId}-findings`,
        rows: history.lanes.map(lane => ({
          key: lane.finding_id,
          cells: [lane.asset_name, portName(lane), lane.spans.map(stateWords).join('; ')],
        })),
      }}
    >
      <table className={styles.lanes} aria-label="Each finding over time, drawn">
        <tbody>
          {history.lanes.map(lane => (
            <tr key={lane.finding_id}>
              <th scope="row">
                <Link
                  to="/vulnerabilities/tenable/$id"
                  params={{ id: lane.finding_id }}
                  search={true}
                  resetScroll={false}
                  title={`${lane.asset_name}, ${portName(lane)}`}
                >
                  <OutsideName text={lane.asset_name} />
                </Link>
              </th>
              <td>
                <Lane label={lane.asset_name} spans={lane.spans} from={from} to={now} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </ChartPanel>
  )
}

function spokenOf({ days }: PluginHistory): string {
  return `Open findings from ${count(days[0]?.open ?? 0)} on ${days[0]?.day} to ${count(days.at(-1)?.open ?? 0)} on ${days.at(-1)?.day}`
}
