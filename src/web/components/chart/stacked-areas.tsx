import { type PointerEvent, useRef, useState } from 'react'
import { count, dayAndMonth, shortCount } from '../../lib/format.ts'
import { useWidth } from '../../lib/use-width.ts'
import { niceTop } from './bars.tsx'
import styles from './chart.module.css'

export interface Area {
  readonly name: string
  readonly colour: string
  /** Null on a day of which nothing is known: a gap, not a zero. */
  readonly values: readonly (number | null)[]
}

/** Numbers of another making, drawn over the areas and never added to them. */
export interface ApartLine {
  readonly name: string
  /** Days and values, oldest first; between them nothing is known. */
  readonly points: readonly (readonly [day: string, value: number])[]
}

interface StackedAreasProps {
  readonly label: string
  readonly days: readonly string[]
  /** From the bottom up. */
  readonly areas: readonly Area[]
  /** Days before the first one of the areas, oldest first, which a line may have. */
  readonly before?: readonly string[]
  readonly apart?: ApartLine | undefined
  readonly height?: number
}

const axis = { left: 40, bottom: 18, top: 8, right: 64 } as const

/** How many there were at the end of each day, on top of each other, each named where it ends; pointing at a day tells it. */
export function StackedAreas({ label, days, areas, before = [], apart, height = 200 }: StackedAreasProps) {
  const frame = useRef<HTMLDivElement>(null)
  const [pointed, setPointed] = useState<number>()
  const width = Math.max(useWidth(frame), 260)
  const sums = days.map((_day, index) => areas.reduce((sum, area) => sum + (area.values[index] ?? 0), 0))
  const top = niceTop(Math.max(1, ...sums, ...(apart?.points ?? []).map(([, value]) => value)))
  const all = [...before, ...days]
  const place = (index: number) => axis.left + ((width - axis.left - axis.right) * index) / Math.max(1, all.length - 1)
  const x = (index: number) => place(before.length + index)
  const y = (value: number) => axis.top + (height - axis.bottom - axis.top) * (1 - value / top)
  const isKnown = days.map((_day, index) => areas.some(area => (area.values[index] ?? null) !== null))
  const base = days.map(() => 0)
  const drawn = areas.map(area => {
    const low = [...base]
    for (const [index, value] of area.values.entries()) base[index] = (base[index] ?? 0) + (value ?? 0)
    const high = [...base]
    const at = (values: readonly number[]) => (index: number) => `${x(index)},${y(values[index] ?? 0)}`
    const shapes = stretchesOf(isKnown).map(stretch =>
      [...stretch.map(at(high)), ...stretch.toReversed().map(at(low))].join(' '),
    )
    return { ...area, shapes, last: high.at(-1) ?? 0, first: low.at(-1) ?? 0 }
  })
  const point = ({ clientX, currentTarget }: PointerEvent<SVGSVGElement>) => {
    const from = currentTarget.getBoundingClientRect()
    const share = (clientX - from.left - axis.left) / (width - axis.left - axis.right)
    const index = Math.round(share * (all.length - 1))
    setPointed(index >= 0 && index < all.length ? index : undefined)
  }
  return (
    <div ref={frame} className={styles.pointed}>
      <svg
        className={styles.bars}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={label}
        onPointerMove={point}
        onPointerDown={point}
        onPointerLeave={() => setPointed(undefined)}
      >
        {[0, top / 2, top].map(value => (
          <g key={value}>
            <line x1={axis.left} x2={width - axis.right} y1={y(value)} y2={y(value)} stroke="var(--line)" />
            <text className={styles.axis} x={axis.left - 6} y={y(value) + 4} textAnchor="end">
              {shortCount(value)}
            </text>
          </g>
        ))}
        {drawn.map(area =>
          area.shapes.map(points => (
            <polygon
              key={area.name + points}
              points={points}
              fill={area.colour}
              stroke="var(--panel)"
              strokeWidth="0.5"
            />
          )),
        )}
        {apart && <Apart line={apart} days={all} place={place} y={y} />}
        {namesOf(drawn, y, height - axis.bottom).map(({ name, middle, at }) => (
          <g key={name}>
            {Math.abs(at - middle) > 2 && (
              <path
                d={`M${width - axis.right},${middle} l4,${at - middle}`}
                fill="none"
                stroke="var(--mantine-color-dimmed)"
                strokeWidth="0.75"
              />
            )}
            <text className={styles.axis} x={width - axis.right + 6} y={at + 4}>
              {name}
            </text>
          </g>
        ))}
        {all.length > 0 && (
          <>
            <text className={styles.axis} x={axis.left} y={height - 3}>
              {dayAndMonth(all[0]!)}
            </text>
            <text className={styles.axis} x={width - axis.right} y={height - 3} textAnchor="end">
              {dayAndMonth(all.at(-1)!)}
            </text>
          </>
        )}
        {pointed !== undefined && (
          <line
            x1={place(pointed)}
            x2={place(pointed)}
            y1={axis.top}
            y2={height - axis.bottom}
            stroke="var(--mantine-color-text)"
            pointerEvents="none"
          />
        )}
      </svg>
      {pointed !== undefined && (
        <Told
          day={all[pointed]!}
          areas={isKnown[pointed - before.length] === true ? areas : []}
          index={pointed - before.length}
          apart={apart}
          at={place(pointed) / width}
        />
      )}
    </div>
  )
}

interface ToldProps {
  readonly day: string
  /** None where nothing is known. */
  readonly areas: readonly Area[]
  readonly index: number
  readonly apart: ApartLine | undefined
  /** Where the day is, from 0 to 1. */
  readonly at: number
}

/** The numbers of the day that is pointed at; who hears the page has them in the table. */
function Told({ day, areas, index, apart, at }: ToldProps) {
  const rows = areas.toReversed().map(({ name, values }) => [name, values[index] ?? 0] as const)
  const sum = rows.reduce((total, [, value]) => total + value, 0)
  const imported = apart?.points.find(([one]) => one === day)
  return (
    <div className={styles.told} style={at < 0.5 ? { right: axis.right } : { left: axis.left }} aria-hidden="true">
      <strong>{`${dayAndMonth(day)} ${day.slice(0, 4)}`}</strong>
      {[
        ...rows,
        ...(rows.length > 0 ? [['All', sum] as const] : []),
        ...(apart && imported ? [[apart.name, imported[1]] as const] : []),
      ].map(([name, value]) => (
        <div key={name}>
          <span>{name}</span>
          <span>{count(value)}</span>
        </div>
      ))}
      {rows.length === 0 && imported === undefined && <div>Nothing is known.</div>}
    </div>
  )
}

/** Days that follow each other with something known of each. */
function stretchesOf(isKnown: readonly boolean[]): number[][] {
  const stretches: number[][] = [[]]
  for (const [index, known] of isKnown.entries()) {
    if (known) stretches.at(-1)!.push(index)
    else stretches.push([])
  }
  return stretches.filter(stretch => stretch.length > 0)
}

interface Band {
  readonly name: string
  /** Where it begins and ends on the last day. */
  readonly first: number
  readonly last: number
}

/** In pixels: as high as letters are. */
const lineHeight = 12

/** Each name beside its band; where bands are lower than letters the names stand apart, in the same order. */
function namesOf(bands: readonly Band[], y: (value: number) => number, bottom: number) {
  const names = bands
    .filter(({ first, last }) => last > first)
    .map(({ name, first, last }) => ({ name, middle: (y(first) + y(last)) / 2, at: (y(first) + y(last)) / 2 }))
  let limit = bottom - 2
  for (const one of names) {
    one.at = Math.min(one.at, limit)
    limit = one.at - lineHeight
  }
  // From the top down again: what was pushed beyond the frame pushes back.
  limit = lineHeight / 2
  for (const one of names.toReversed()) {
    one.at = Math.max(one.at, limit)
    limit = one.at + lineHeight
  }
  return names
}

interface ApartProps {
  readonly line: ApartLine
  readonly days: readonly string[]
  readonly place: (index: number) => number
  readonly y: (value: number) => number
}

/** Dashed, with a mark on each day that has a value. */
function Apart({ line, days, place, y }: ApartProps) {
  const points = line.points.map(([day, value]) => ({ day, x: place(days.indexOf(day)), y: y(value), value }))
  const [first] = points
  if (!first) return null
  return (
    <g data-apart>
      <polyline
        points={points.map(point => `${point.x},${point.y}`).join(' ')}
        fill="none"
        stroke="var(--mantine-color-text)"
        strokeWidth="1.5"
        strokeDasharray="4 3"
      />
      {points.map(point => (
        <circle key={point.day} cx={point.x} cy={point.y} r="2" fill="var(--mantine-color-text)">
          <title>{`${line.name}, ${point.day}: ${point.value}`}</title>
        </circle>
      ))}
      <text className={styles.axis} x={first.x + 2} y={Math.max(10, first.y - 6)}>
        {line.name}
      </text>
    </g>
  )
}
