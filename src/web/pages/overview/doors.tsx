import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { FindingFlow, Sla } from '../../../contract/vulnerabilities.ts'
import { Spark } from '../../components/chart/spark.tsx'
import { serverNow } from '../../lib/clock.ts'
import type { FindingSearch } from '../../lib/finding-search.ts'
import { count, dayAndMonth } from '../../lib/format.ts'
import { findingFlowQuery, findingSeveritiesQuery, slaQuery } from '../../lib/vulnerability-queries.ts'
import styles from './overview.module.css'

type Flow = 'found' | 'resurfaced' | 'fell_due'

interface DoorProps {
  readonly name: string
  readonly note: string
  readonly hint?: string | undefined
  readonly search: FindingSearch
  /** What arrives on a day: found, come back, or past its time. */
  readonly flow: Flow
  readonly flowOf: FindingSearch
  readonly flowName: string
}

const sparkDays = 30

/** Whole days in UTC, as the filter takes them: the door and its number stay the same through the day. */
function daysAgo(days: number): string {
  return new Date(serverNow() - days * 24 * 3_600_000).toISOString().slice(0, 10)
}

/** The numbers a day starts with; each opens its rows. */
export function Doors() {
  const sla = useQuery(slaQuery).data
  const yesterday = daysAgo(1)
  const weekAgo = daysAgo(7)
  const doors: readonly DoorProps[] = [
    {
      name: 'New critical',
      note: `found since ${dayAndMonth(yesterday)}`,
      search: { severity: ['critical'], first_found_from: yesterday },
      flow: 'found',
      flowOf: { severity: ['critical'] },
      flowName: 'Critical found per day',
    },
    {
      name: 'Overdue',
      note: sla === undefined ? 'past the SLA' : `open beyond ${limitsOf(sla)}`,
      hint: sla === undefined ? undefined : originOf(sla),
      search: { is_overdue: true },
      flow: 'fell_due',
      flowOf: {},
      flowName: 'Fell due per day',
    },
    {
      name: 'KEV-listed',
      note: 'exploited in the wild',
      search: { is_kev: true },
      flow: 'found',
      flowOf: { is_kev: true },
      flowName: 'KEV-listed found per day',
    },
    {
      name: 'Resurfaced',
      note: `fixed once, back since ${dayAndMonth(weekAgo)}`,
      search: { state: ['reopened'], resurfaced_from: weekAgo },
      flow: 'resurfaced',
      flowOf: {},
      flowName: 'Resurfaced per day',
    },
  ]
  return (
    <ul className={styles.doors}>
      {doors.map(door => (
        <Door key={door.name} {...door} />
      ))}
    </ul>
  )
}

function Door({ name, note, hint, search, flow, flowOf, flowName }: DoorProps) {
  return (
    <li className={styles.doorFrame}>
      <Link to="/vulnerabilities/tenable" search={search} className={styles.door} title={hint}>
        <span className={styles.doorName}>{name}</span>
        <span className={styles.doorNumber} style={{ display: 'block' }}>
          <Counted search={search} />
        </span>
        <span className={styles.doorNote}>{note}</span>
      </Link>
      <div className={styles.spark}>
        <Arrivals flow={flow} of={flowOf} name={flowName} />
      </div>
    </li>
  )
}

function Counted({ search }: { search: FindingSearch }) {
  const { data, error, isPlaceholderData } = useQuery(findingSeveritiesQuery(search))
  if (data === undefined || isPlaceholderData) {
    return error ? <span title={error.message}>?</span> : <span className={styles.zero}>…</span>
  }
  return count(data.total)
}

function Arrivals({ flow, of, name }: { flow: Flow; of: FindingSearch; name: string }) {
  const { data } = useQuery(findingFlowQuery(of, sparkDays, 'day', flow === 'fell_due' ? true : undefined))
  if (data === undefined) return null
  return <Spark label={`${name}, ${sparkDays} days`} values={valuesOf(data, flow)} />
}

function valuesOf({ items }: FindingFlow, flow: Flow): readonly number[] {
  return items.map(item => item[flow] ?? 0)
}

/** `15 d critical, 30 d high` */
function limitsOf({ items }: Sla): string {
  const limits = items.flatMap(({ severity, days }) => (days === null ? [] : [`${days} d ${severity}`]))
  return limits.length === 0 ? 'no limit: none is set' : limits.join(', ')
}

function originOf({ items }: Sla): string {
  const changed = items.filter(item => !item.is_default)
  const origin =
    'Days from first found or resurfaced. As they came: critical and high of CISA BOD 19-02, medium and low what most policies ask.'
  return changed.length === 0
    ? origin
    : `Days from first found or resurfaced. ${changed.map(({ severity, changed_by }) => `${severity} set by ${changed_by}`).join(', ')}.`
}
