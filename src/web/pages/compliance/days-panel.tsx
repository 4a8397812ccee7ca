import { Button } from '@mantine/core'
import { lazy, Suspense } from 'react'
import type { ComplianceStatistics } from '../../../contract/compliance.ts'
import { complianceStates } from '../../../domain/compliance.ts'
import { Folded } from '../../components/details-panel.tsx'
import { PlainTable } from '../../components/plain-table.tsx'
import { outcomeLabels, outcomes } from '../../lib/compliance-search.ts'
import { saveCsv } from '../../lib/csv.ts'
import { count } from '../../lib/format.ts'
import styles from './compliance.module.css'
import { Outcome } from './outcome.tsx'

const Chart = lazy(() => import('./days-chart.tsx'))

/** Outcomes over time: the lines, and the same numbers as a table and a file. */
export function DaysView({ days, name }: { days: ComplianceStatistics['days']; name: string }) {
  const states = outcomes.filter(state => days.some(({ counts }) => counts[state] > 0))
  if (states.length === 0) return <p className="dim">No result on any of these days.</p>
  return (
    <>
      <div className={styles.legend}>
        {states.map(state => (
          <Outcome key={state} state={state} />
        ))}
      </div>
      <div className={styles.chart}>
        <Suspense fallback={null}>
          <Chart days={days} states={states} />
        </Suspense>
      </div>
      <Folded title="The same as a table">
        <div className={styles.scrolled}>
          <PlainTable
            label={name}
            className={styles.days}
            columns={['Day (UTC)', ...states.map(state => [outcomeLabels[state]] as const)]}
          >
            {days.toReversed().map(({ day, counts }) => (
              <tr key={day}>
                <td>{day}</td>
                {states.map(state => (
                  <td key={state} className="number">
                    {count(counts[state])}
                  </td>
                ))}
              </tr>
            ))}
          </PlainTable>
        </div>
      </Folded>
    </>
  )
}

/** The numbers of every day, for a spreadsheet. */
export function DaysCsv({ days, file }: { days: ComplianceStatistics['days']; file: string }) {
  const save = () =>
    saveCsv(
      file,
      ['day', ...complianceStates],
      days.map(({ day, counts }) => [day, ...complianceStates.map(state => counts[state])]),
    )
  return (
    <Button variant="subtle" size="compact-xs" aria-label="Outcomes by day: CSV" onClick={save}>
      CSV
    </Button>
  )
}
