import { Button } from '@mantine/core'
import type { ComplianceCounts, ComplianceStatistics } from '../../../contract/compliance.ts'
import { type ComplianceState, complianceStates } from '../../../domain/compliance.ts'
import { StackedAreas } from '../../components/chart/stacked-areas.tsx'
import { Folded } from '../../components/details-panel.tsx'
import { PlainTable } from '../../components/plain-table.tsx'
import { outcomeLabels, outcomes } from '../../lib/compliance-search.ts'
import { saveCsv } from '../../lib/csv.ts'
import { count } from '../../lib/format.ts'
import styles from './compliance.module.css'
import { outcomeColour } from './outcome.tsx'

/** Outcomes over time: the lines, and the same numbers as a table and a file. */
export function DaysView({ days, name }: { days: ComplianceStatistics['days']; name: string }) {
  const states = outcomes.filter(state => days.some(({ counts }) => counts[state] > 0))
  if (states.length === 0) return <p className="dim">No result on any of these days.</p>
  return (
    <>
      <StackedAreas
        label={spokenOf(days, states)}
        days={days.map(({ day }) => day)}
        areas={states.toReversed().map(state => ({
          name: outcomeLabels[state],
          colour: `var(--${outcomeColour(state)})`,
          // A day before anything was known is a gap, not a zero.
          values: days.map(({ counts }) => (sumOf(counts) === 0 ? null : counts[state])),
        }))}
      />
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

function spokenOf(days: ComplianceStatistics['days'], states: readonly ComplianceState[]): string {
  const last = days.at(-1)
  const counts = states.map(state => `${outcomeLabels[state]}: ${count(last?.counts[state] ?? 0)}.`).join(' ')
  return `Results by outcome on each day. On the last day: ${counts}`
}

function sumOf(counts: ComplianceCounts): number {
  return complianceStates.reduce((sum, state) => sum + counts[state], 0)
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
