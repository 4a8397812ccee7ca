import type { ReactNode } from 'react'
import type { SeverityCounts } from '../../../contract/assets.ts'
import type { Severity } from '../../../domain/severity.ts'
import { count, shortCount } from '../../lib/format.ts'
import { severityColour, severityLabels, sumOf, worstFirst } from '../../lib/severity.ts'
import { SeverityLabel } from '../severity-mark.tsx'
import styles from './chart.module.css'

const radius = 44
const thickness = 16
const around = 2 * Math.PI * radius

interface SeverityDonutProps {
  readonly counts: SeverityCounts
  readonly onOpen: (severity: Severity) => void
  /** The number as a door. */
  readonly door: (severity: Severity, number: string) => ReactNode
}

/** Shares of the severities; the list beside it is its description and its keyboard. */
export function SeverityDonut({ counts, onOpen, door }: SeverityDonutProps) {
  const total = sumOf(counts)
  let start = 0
  return (
    <div className={styles.donut}>
      <svg width="120" height="120" viewBox="0 0 120 120" role="img" aria-label={spoken(counts)}>
        <circle cx="60" cy="60" r={radius} fill="none" stroke="var(--line)" strokeWidth={total === 0 ? thickness : 0} />
        {worstFirst.map(severity => {
          const share = total === 0 ? 0 : counts[severity] / total
          const from = start
          start += share
          return share === 0 ? null : (
            // biome-ignore lint/a11y/noStaticElementInteractions: a shortcut for the pointer; the list has the doors
            <circle
              key={severity}
              className={styles.slice}
              cx="60"
              cy="60"
              r={radius}
              fill="none"
              stroke={severityColour(severity)}
              strokeWidth={thickness}
              strokeDasharray={`${Math.max(share * around - 1, 0.5)} ${around}`}
              strokeDashoffset={-from * around}
              transform="rotate(-90 60 60)"
              onClick={() => onOpen(severity)}
            >
              <title>{`${severityLabels[severity]}: ${count(counts[severity])}`}</title>
            </circle>
          )
        })}
        <text x="60" y="66" textAnchor="middle" fontSize="18" fontWeight="600" fill="currentColor">
          {shortCount(total)}
        </text>
      </svg>
      <ul className={styles.key}>
        {worstFirst.map(severity => (
          <li key={severity}>
            <SeverityLabel severity={severity} />
            {counts[severity] === 0 ? <span className="dim">0</span> : door(severity, count(counts[severity]))}
          </li>
        ))}
      </ul>
    </div>
  )
}

function spoken(counts: SeverityCounts): string {
  return `By severity: ${worstFirst.map(one => `${count(counts[one])} ${severityLabels[one].toLowerCase()}`).join(', ')}`
}
