import type { ReactNode } from 'react'
import type { Severity } from '../../domain/severity.ts'
import { severityColour, severityLabels } from '../lib/severity.ts'

// Told by letter and shape as well as by colour. Each shape leaves room for its letter in 16 px.
const shapes = {
  critical: <path d="M5.3 0h5.4L16 5.3v5.4L10.7 16H5.3L0 10.7V5.3z" />,
  high: <path d="M8 0 16 6.2 13 16H3L0 6.2z" />,
  medium: <rect x="0.5" y="0.5" width="15" height="15" rx="2" />,
  low: <circle cx="8" cy="8" r="8" />,
  info: <circle cx="8" cy="8" r="7.2" />,
} as const satisfies Record<Severity, ReactNode>

const letters = { critical: 'C', high: 'H', medium: 'M', low: 'L', info: 'i' } as const satisfies Record<
  Severity,
  string
>

/** The one sign of a severity. Its name is spoken unless words stand beside it. */
export function SeverityMark({ severity, isLabelled = true }: { severity: Severity; isLabelled?: boolean }) {
  const isHollow = severity === 'info'
  const ink = isHollow ? severityColour(severity) : `var(--on-severity${severity === 'medium' ? '-medium' : ''})`
  return (
    // biome-ignore lint/a11y/noSvgWithoutTitle: named by its label, or by the words beside it
    <svg
      width="16"
      height="16"
      viewBox="0 0 16 16"
      style={{ flex: 'none', verticalAlign: '-3px' }}
      {...(isLabelled ? { role: 'img', 'aria-label': severityLabels[severity] } : { 'aria-hidden': true })}
    >
      <g
        fill={isHollow ? 'none' : severityColour(severity)}
        stroke={isHollow ? severityColour(severity) : 'none'}
        strokeWidth="1.5"
      >
        {shapes[severity]}
      </g>
      <text
        x="8"
        y={severity === 'high' ? 12.4 : 11.8}
        textAnchor="middle"
        fontSize="10.5"
        fontWeight="700"
        fontFamily="inherit"
        fill={ink}
      >
        {letters[severity]}
      </text>
    </svg>
  )
}

export function SeverityLabel({ severity }: { severity: Severity }) {
  return (
    <span className="sign">
      <SeverityMark severity={severity} isLabelled={false} />
      {severityLabels[severity]}
    </span>
  )
}
