import { useRef } from 'react'
import type { PluginHistory } from '../../../contract/vulnerabilities.ts'
import { exact } from '../../lib/format.ts'
import { useWidth } from '../../lib/use-width.ts'
import styles from './lanes.module.css'
import { stateWords } from './span-words.ts'

export type Span = PluginHistory['lanes'][number]['spans'][number]

interface LaneProps {
  readonly label: string
  readonly spans: readonly Span[]
  /** What is drawn, in milliseconds. */
  readonly from: number
  readonly to: number
}

const height = 14

/** One finding over time: open filled, reopened half, fixed outlined, ended struck through. */
export function Lane({ label, spans, from, to }: LaneProps) {
  const frame = useRef<HTMLDivElement>(null)
  const width = useWidth(frame)
  const x = (at: number) => ((Math.min(Math.max(at, from), to) - from) / Math.max(1, to - from)) * width
  return (
    <div ref={frame} className={styles.lane}>
      <svg width={width} height={height} role="img" aria-label={`${label}: ${spans.map(stateWords).join('; ')}`}>
        <line x1="0" x2={width} y1={height / 2} y2={height / 2} stroke="var(--line)" />
        {spans.map(span => {
          const [start, end] = [x(Date.parse(span.from)), x(span.to === null ? to : Date.parse(span.to))]
          return end <= 0 ? null : (
            <g key={`${span.state} ${span.from}`}>
              <title>{`${stateWords(span)}\n${exact(span.from)}`}</title>
              <Bar state={span.state} start={start} width={Math.max(2, end - start)} />
            </g>
          )
        })}
      </svg>
    </div>
  )
}

function Bar({ state, start, width }: { state: Span['state']; start: number; width: number }) {
  const middle = height / 2
  if (state === 'ended') return <line x1={start} x2={start + width} y1={middle} y2={middle} stroke="currentColor" />
  const colour = state === 'fixed' ? 'var(--good)' : 'currentColor'
  const box = { x: start, width: Math.max(1, width - 1), y: 2, height: height - 4, stroke: colour }
  return (
    <>
      <rect {...box} fill={state === 'open' ? colour : 'var(--panel)'} />
      {state === 'reopened' && <rect {...box} y={middle} height={middle - 2} fill={colour} />}
    </>
  )
}
