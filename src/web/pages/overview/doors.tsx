import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { FindingStatistics } from '../../../contract/statistics.ts'
import { SeverityMark } from '../../components/severity-mark.tsx'
import { serverNow } from '../../lib/clock.ts'
import type { FindingSearch } from '../../lib/finding-search.ts'
import { count, dayAndMonth } from '../../lib/format.ts'
import { findingCountQuery } from '../../lib/queries.ts'
import { sumOf } from '../../lib/severity.ts'
import styles from './overview.module.css'

const knownExploited: FindingSearch = { is_kev: true }

/** Whole days in UTC, as the filter takes them: the door and its number stay the same through the day. */
function daysAgo(days: number): string {
  return new Date(serverNow() - days * 24 * 3_600_000).toISOString().slice(0, 10)
}

/** The numbers a day starts with; each opens its rows. */
export function Doors({ findings }: { findings: FindingStatistics }) {
  const { by_severity: open, by_state_and_severity: states } = findings
  const yesterday = daysAgo(1)
  const weekAgo = daysAgo(7)
  const newCritical: FindingSearch = { severity: ['critical'], first_found_from: yesterday }
  const fixed: FindingSearch = { state: ['fixed'], last_fixed_from: weekAgo }
  return (
    <ul className={styles.doors}>
      <Door
        name="Critical"
        mark={<SeverityMark severity="critical" isLabelled={false} />}
        search={{ severity: ['critical'] }}
      >
        {count(open.critical)}
      </Door>
      <Door name="High" mark={<SeverityMark severity="high" isLabelled={false} />} search={{ severity: ['high'] }}>
        {count(open.high)}
      </Door>
      <Door name="New critical" note={`found since ${dayAndMonth(yesterday)}`} search={newCritical}>
        <Counted search={newCritical} />
      </Door>
      <Door name="KEV-listed" note="exploited in the wild" search={knownExploited}>
        <Counted search={knownExploited} />
      </Door>
      <Door name="Reopened" note="fixed once, back again" search={{ state: ['reopened'] }}>
        {count(sumOf(states.reopened))}
      </Door>
      <Door name="Fixed" note={`since ${dayAndMonth(weekAgo)}`} search={fixed}>
        <Counted search={fixed} />
      </Door>
    </ul>
  )
}

interface DoorProps {
  readonly name: string
  readonly mark?: ReactNode
  readonly note?: string
  readonly search: FindingSearch
  readonly children: ReactNode
}

function Door({ name, mark, note = 'open now', search, children }: DoorProps) {
  return (
    <li>
      <Link to="/vulnerabilities/tenable" search={search} className={styles.door}>
        <span className={styles.doorName}>
          {mark}
          {name}
        </span>
        <span className={styles.doorNumber} style={{ display: 'block' }}>
          {children}
        </span>
        <span className={styles.doorNote}>{note}</span>
      </Link>
    </li>
  )
}

function Counted({ search }: { search: FindingSearch }) {
  const { data, error } = useQuery(findingCountQuery(search))
  if (data === undefined) return error ? <span title={error.message}>?</span> : <span className={styles.zero}>…</span>
  return `${count(data.total)}${data.isExact ? '' : '+'}`
}
