interface TrendLineProps {
  /** What it shows, with its first and last value, for those who hear it. */
  readonly label: string
  /** 0 to 1; null where there is nothing: the line has a gap there. */
  readonly values: readonly (number | null)[]
}

const width = 120
const height = 22

/** A share over time in a small line, between nothing and all. */
export function TrendLine({ label, values }: TrendLineProps) {
  const step = width / Math.max(1, values.length - 1)
  const points = values.map((value, index) =>
    value === null ? null : ([index * step, height - 2 - value * (height - 4)] as const),
  )
  const runs = runsOf(points)
  return (
    <svg
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
      style={{ display: 'block' }}
    >
      <line x1={0} x2={width} y1={height - 2} y2={height - 2} stroke="var(--line)" />
      {runs.map(run =>
        run.length === 1 ? (
          <circle key={String(run[0])} cx={run[0]![0]} cy={run[0]![1]} r={2.5} fill="var(--line-strong)" />
        ) : (
          <polyline
            key={String(run[0])}
            points={run.map(point => point.join(',')).join(' ')}
            fill="none"
            stroke="var(--line-strong)"
            strokeWidth={1.5}
          />
        ),
      )}
    </svg>
  )
}

type Point = readonly [x: number, y: number]

function runsOf(points: readonly (Point | null)[]): Point[][] {
  const runs: Point[][] = [[]]
  for (const point of points) {
    if (point) runs.at(-1)!.push(point)
    else runs.push([])
  }
  return runs.filter(run => run.length > 0)
}
