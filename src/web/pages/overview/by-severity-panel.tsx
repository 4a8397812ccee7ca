import { Button } from '@mantine/core'
import { Link, useNavigate } from '@tanstack/react-router'
import type { FindingStatistics } from '../../../contract/statistics.ts'
import { type FindingState, findingStates } from '../../../domain/finding.ts'
import type { Severity } from '../../../domain/severity.ts'
import { Panel } from '../../components/panel.tsx'
import { SeverityLabel } from '../../components/severity-mark.tsx'
import { StateLabel } from '../../components/state-label.tsx'
import { saveCsv } from '../../lib/csv.ts'
import type { FindingSearch } from '../../lib/finding-search.ts'
import { count } from '../../lib/format.ts'
import { sumOf, worstFirst } from '../../lib/severity.ts'
import { BySeverityChart } from './by-severity-chart.tsx'
import styles from './overview.module.css'

/** Findings by severity and state: the bars, and the same numbers as a table of doors. */
export function BySeverityPanel({ findings }: { findings: FindingStatistics }) {
  const counts = findings.by_state_and_severity
  const navigate = useNavigate()
  const save = () =>
    saveCsv(
      'findings-by-severity-and-state.csv',
      ['severity', ...findingStates],
      worstFirst.map(severity => [severity, ...findingStates.map(state => counts[state][severity])]),
    )
  return (
    <Panel
      title="Findings by severity and state"
      aside={
        <Button variant="subtle" size="compact-xs" aria-label="Findings by severity and state: CSV" onClick={save}>
          CSV
        </Button>
      }
    >
      <div className={styles.bySeverity}>
        <div>
          <div className={styles.legend}>
            {findingStates.map(state => (
              <StateLabel key={state} state={state} />
            ))}
          </div>
          <BySeverityChart
            counts={counts}
            onOpen={(severity, state) =>
              void navigate({ to: '/vulnerabilities/tenable', search: searchOf(severity, state) })
            }
          />
        </div>
        <table className={styles.counts}>
          <caption className="only-spoken">Findings by severity and state</caption>
          <thead>
            <tr>
              <th scope="col">Severity</th>
              {findingStates.map(state => (
                <th key={state} scope="col">
                  <StateLabel state={state} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {worstFirst.map(severity => (
              <tr key={severity}>
                <th scope="row">
                  <SeverityLabel severity={severity} />
                </th>
                {findingStates.map(state => (
                  <td key={state}>
                    <DoorNumber value={counts[state][severity]} search={searchOf(severity, state)} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row">All</th>
              {findingStates.map(state => (
                <td key={state}>
                  <DoorNumber value={sumOf(counts[state])} search={{ state: [state] }} />
                </td>
              ))}
            </tr>
          </tfoot>
        </table>
      </div>
    </Panel>
  )
}

function searchOf(severity: Severity, state: FindingState): FindingSearch {
  return { severity: [severity], state: [state] }
}

function DoorNumber({ value, search }: { value: number; search: FindingSearch }) {
  if (value === 0) return <span className={styles.zero}>0</span>
  return (
    <Link to="/vulnerabilities/tenable" search={search}>
      {count(value)}
    </Link>
  )
}
