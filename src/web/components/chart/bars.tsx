import { useRef } from 'react'
import { count, dayAndMonth, shortCount } from '../../lib/format.ts'
import { useWidth } from '../../lib/use-width.ts'
import styles from './chart.module.css'

export interface BarSeries {
  readonly name: string
  readonly colour: string
  /** Outlined rather than filled, so that it is told without its colour. */
  readonly isHollow?: boolean
  readonly values: readonly number[]
}

interface BarsProps {
  readonly label: string
  /** Dates, one for each value. */
  readonly days: readonly string[]
  readonly series: readonly BarSeries[]
  readonly height?: number
  readonly onOpen?: (series: number, bucket: number) => void
}

const axis = { left: 36, bottom: 18, top: 8 } as const

/** Bars beside each other for each day or week, from zero. Its table has the doors for the keyboard. */
export function Bars({ label, days, series, height = 148, onOpen }: BarsProps) {
  const frame = useRef<HTMLDivElement>(null)
  const width = Math.max(useWidth(frame), 200)
  const top = niceTop(Math.max(1, ...series.flatMap(one => one.values)))
  const inner = { width: width - axis.left, height: height - axis.bottom - axis.top }
  const step = inner.width / Math.max(1, days.length)
  const bar = Math.max(1, (step * 0.8) / series.length)
  const y = (value: number) => axis.top + inner.height * (1 - value / top)
  const named = [0, Math.floor((days.length - 1) / 2), days.length - 1]
  return (
    <div ref={frame}>
      <ul className={styles.legend}>
        {series.map(one => (
          <li key={one.name}>
            <span
              className={styles.swatch}
              style={{ background: one.isHollow ? 'none' : one.colour, border: `1px solid ${one.colour}` }}
            />
            {one.name}
          </li>
        ))}
      </ul>
      <svg className={styles.bars} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
        {[0, top / 2, top].map(value => (
          <g key={value}>
            <line x1={axis.left} x2={width} y1={y(value)} y2={y(value)} stroke="var(--line)" />
            <text className={styles.axis} x={axis.left - 6} y={y(value) + 4} textAnchor="end">
              {shortCount(value)}
            </text>
          </g>
        ))}
        {days.map((day, bucket) =>
          series.map((one, place) => {
            const value = one.values[bucket] ?? 0
            return value === 0 ? null : (
              // biome-ignore lint/a11y/noStaticElementInteractions: a shortcut for the pointer; the table has the doors
              <rect
                key={`${day} ${one.name}`}
                data-door={onOpen ? '' : undefined}
                x={axis.left + bucket * step + step * 0.1 + place * bar}
                y={y(value)}
                width={Math.max(1, bar - 1)}
                height={Math.max(1, axis.top + inner.height - y(value))}
                fill={one.isHollow ? 'var(--panel)' : one.colour}
                stroke={one.colour}
                strokeWidth={one.isHollow ? 1 : 0}
                onClick={() => onOpen?.(place, bucket)}
              >
                <title>{`${dayAndMonth(day)}, ${one.name.toLowerCase()}: ${count(value)}`}</title>
              </rect>
            )
          }),
        )}
        {days.map((day, bucket) =>
          named.includes(bucket) ? (
            <text
              key={day}
              className={styles.axis}
              x={bucket === 0 ? axis.left : bucket === days.length - 1 ? width : axis.left + (bucket + 0.5) * step}
              y={height - 3}
              textAnchor={bucket === 0 ? 'start' : bucket === days.length - 1 ? 'end' : 'middle'}
            >
              {dayAndMonth(day)}
            </text>
          ) : null,
        )}
      </svg>
    </div>
  )
}

/** The next number that reads well on an axis with a middle. */
export function niceTop(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most))
  const steps = most < 10 ? [2, 4, 6, 10] : [1, 2, 4, 6, 10]
  return power * (steps.find(step => step * power >= most) ?? 10)
}
