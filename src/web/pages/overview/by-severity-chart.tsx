import { useId, useRef } from 'react'
import type { FindingStatistics } from '../../../contract/statistics.ts'
import { type FindingState, findingStates } from '../../../domain/finding.ts'
import type { Severity } from '../../../domain/severity.ts'
import { niceTop } from '../../components/chart/bars.tsx'
import axes from '../../components/chart/chart.module.css'
import { count, shortCount } from '../../lib/format.ts'
import { severityLabels, sumOf, worstFirst } from '../../lib/severity.ts'
import { useWidth } from '../../lib/use-width.ts'
import styles from './overview.module.css'

type Counts = FindingStatistics['by_state_and_severity']

interface BySeverityChartProps {
  readonly counts: Counts
  readonly onOpen: (severity: Severity, state: FindingState) => void
}

const stateLabels = { open: 'Open', reopened: 'Reopened', fixed: 'Fixed' } as const
const room = { left: 62, right: 66, bottom: 20 } as const
const rowHeight = 38
const barHeight = 18

/** Drawn from the table beside it, which is its description and its keyboard. */
export function BySeverityChart({ counts, onOpen }: BySeverityChartProps) {
  const frame = useRef<HTMLDivElement>(null)
  const width = Math.max(useWidth(frame), 240)
  const hatch = useId()
  const height = rowHeight * worstFirst.length + room.bottom
  const most = Math.max(1, ...worstFirst.map(severity => totalOf(counts, severity)))
  const lengthOf = (value: number) => ((width - room.left - room.right) * value) / most
  return (
    <div ref={frame}>
      <svg
        className={axes.bars}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={`Findings by severity and state. ${spoken(counts)}`}
      >
        {ticksUpTo(most).map(value => (
          <g key={value} transform={`translate(${room.left + lengthOf(value)} 0)`}>
            <line y1={0} y2={height - room.bottom} stroke="var(--line)" />
            <text className={axes.axis} y={height - 4} textAnchor="middle">
              {shortCount(value)}
            </text>
          </g>
        ))}
        {worstFirst.map((severity, row) => (
          <g key={severity} transform={`translate(0 ${row * rowHeight + (rowHeight - barHeight) / 2})`}>
            <Hatch id={`${hatch}${severity}`} colour={`var(--severity-${severity})`} />
            <text className={axes.axis} x={room.left - 8} y={barHeight / 2 + 4} textAnchor="end">
              {severityLabels[severity]}
            </text>
            {segmentsOf(counts, severity).map(({ state, from, value }) => (
              // biome-ignore lint/a11y/noStaticElementInteractions: the table beside it has the same doors
              <rect
                key={state}
                className={styles.segment}
                x={room.left + lengthOf(from)}
                width={lengthOf(value)}
                height={barHeight}
                fill={fillOf(state, severity, `${hatch}${severity}`)}
                stroke={`var(--severity-${severity})`}
                onClick={() => onOpen(severity, state)}
              >
                <title>{`${severityLabels[severity]}, ${stateLabels[state].toLowerCase()}: ${count(value)}`}</title>
              </rect>
            ))}
            <text className={axes.axis} x={room.left + lengthOf(totalOf(counts, severity)) + 6} y={barHeight / 2 + 4}>
              {count(totalOf(counts, severity))}
            </text>
          </g>
        ))}
      </svg>
    </div>
  )
}

function ticksUpTo(most: number): readonly number[] {
  const top = niceTop(most)
  return [0, top / 2, top].filter(value => value <= most)
}

function Hatch({ id, colour }: { readonly id: string; readonly colour: string }) {
  return (
    <pattern id={id} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <rect width="6" height="6" fill="var(--panel)" />
      <rect width="3" height="6" fill={colour} />
    </pattern>
  )
}

/** As everywhere: open is filled, reopened half, fixed outlined. */
function fillOf(state: FindingState, severity: Severity, hatch: string): string {
  if (state === 'fixed') return 'var(--panel)'
  return state === 'open' ? `var(--severity-${severity})` : `url(#${hatch})`
}

function segmentsOf(counts: Counts, severity: Severity) {
  let end = 0
  return findingStates
    .map(state => {
      const from = end
      end += counts[state][severity]
      return { state, from, value: end - from }
    })
    .filter(({ value }) => value > 0)
}

function totalOf(counts: Counts, severity: Severity): number {
  return findingStates.reduce((sum, state) => sum + counts[state][severity], 0)
}

function spoken(counts: Counts): string {
  return findingStates.map(state => `${stateLabels[state]}: ${count(sumOf(counts[state]))}.`).join(' ')
}
