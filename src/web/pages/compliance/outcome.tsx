import type { ReactNode } from 'react'
import type { ComplianceCounts } from '../../../contract/compliance.ts'
import type { ComplianceState } from '../../../domain/compliance.ts'
import bars from '../../components/severity-bar.module.css'
import { outcomeLabels, outcomes } from '../../lib/compliance-search.ts'
import { count, shortCount } from '../../lib/format.ts'

// Told by shape and word as well as by colour: green is what is well, nothing else.
const colours = {
  passed: 'good',
  failed: 'bad',
  warning: 'warn',
  skipped: 'line-strong',
  error: 'severity-critical',
  unknown: 'severity-low',
} as const satisfies Record<ComplianceState, string>

const shapes = {
  passed: <path d="m2 6.5 3 3 5-6.5" />,
  failed: <path d="m2.5 2.5 7 7M9.5 2.5l-7 7" />,
  warning: <path d="M6 1.5 11 10.5H1z" />,
  skipped: <path d="M2 6h8" />,
  error: <path d="M6 1.5v6M6 10v.3" />,
  unknown: <circle cx="6" cy="6" r="4" />,
} as const satisfies Record<ComplianceState, ReactNode>

/** The theme's name of the colour of an outcome. */
export function outcomeColour(state: ComplianceState): string {
  return colours[state]
}

export function OutcomeMark({ state }: { state: ComplianceState }) {
  return (
    <svg
      width="12"
      height="12"
      viewBox="0 0 12 12"
      fill="none"
      stroke={`var(--${colours[state]})`}
      strokeWidth="1.8"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      style={{ flex: 'none' }}
    >
      {shapes[state]}
    </svg>
  )
}

export function Outcome({ state }: { state: ComplianceState }) {
  return (
    <span className="sign">
      <OutcomeMark state={state} />
      {outcomeLabels[state]}
    </span>
  )
}

/** How many of each outcome, and their shares. */
export function OutcomeBar({ counts }: { counts: ComplianceCounts }) {
  const some = outcomes.filter(state => counts[state] > 0)
  if (some.length === 0) return <span className="dim">none</span>
  const words = some.map(state => `${count(counts[state])} ${outcomeLabels[state].toLowerCase()}`).join(', ')
  return (
    <div title={words} className={bars.frame}>
      <span className="only-spoken">{words}</span>
      <div className={bars.numbers} aria-hidden="true">
        {some.map(state => (
          <span key={state} className={bars.number}>
            <OutcomeMark state={state} />
            {shortCount(counts[state])}
          </span>
        ))}
      </div>
      <div className={bars.bar} aria-hidden="true">
        {some.map(state => (
          <span key={state} style={{ flexGrow: counts[state], background: `var(--${colours[state]})` }} />
        ))}
      </div>
    </div>
  )
}
