import { count } from '../../lib/format.ts'

interface SparkProps {
  /** What a bar counts. */
  readonly label: string
  readonly values: readonly number[]
}

/** The last days in a line of bars, without an axis: a shape, not numbers. */
export function Spark({ label, values }: SparkProps) {
  const most = Math.max(1, ...values)
  const step = 120 / Math.max(1, values.length)
  return (
    <svg
      width="100%"
      height="26"
      viewBox="0 0 120 26"
      preserveAspectRatio="none"
      role="img"
      aria-label={`${label}: ${count(values.reduce((sum, value) => sum + value, 0))}, at most ${count(Math.max(0, ...values))} a day`}
    >
      {values.map((value, index) => {
        const height = value === 0 ? 1 : Math.max(2, (value / most) * 26)
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its day
            key={index}
            x={index * step}
            y={26 - height}
            width={step * 0.75}
            height={height}
            fill={value === 0 ? 'var(--line)' : 'var(--line-strong)'}
          />
        )
      })}
    </svg>
  )
}
