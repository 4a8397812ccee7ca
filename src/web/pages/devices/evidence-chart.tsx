import { useRef } from 'react'
import type { DeviceDetail } from '../../../contract/devices.ts'
import { evidenceWords, weightText } from '../../lib/device-words.ts'
import { counted } from '../../lib/format.ts'
import { useWidth } from '../../lib/use-width.ts'
import { visibleLine } from '../../lib/visible-text.ts'
import styles from './devices.module.css'
import { evidenceGraph, type GraphJoin, type GraphRecord } from './evidence-graph.ts'

/** Which identifier joins which records, and what parts them. The table below says the same to who cannot see it. */
export function EvidenceChart({ device }: { device: DeviceDetail }) {
  const frame = useRef<HTMLDivElement>(null)
  const width = Math.max(useWidth(frame), 280)
  const graph = evidenceGraph(device)
  const recordWidth = Math.min(260, width * 0.38)
  const joinFrom = width - Math.min(300, width * 0.44)
  const yOf = new Map(graph.records.map(record => [record.assetId, record.y]))
  const label = `${counted(graph.records.length, 'record')} and ${counted(graph.joins.length, 'thing')} that join or part them. The table below says the same.`
  return (
    <div ref={frame}>
      <svg
        className={styles.graph}
        width={width}
        height={graph.height}
        viewBox={`0 0 ${width} ${graph.height}`}
        role="img"
        aria-label={label}
      >
        {graph.joins.flatMap(join =>
          join.assetIds.map(assetId => (
            <Line
              key={`${join.key} ${assetId}`}
              from={[recordWidth, yOf.get(assetId) ?? 0]}
              to={[joinFrom, join.y]}
              weight={join.weight}
            />
          )),
        )}
        {graph.records.map(record => (
          <RecordBox key={record.assetId} record={record} width={recordWidth} />
        ))}
        {graph.joins.map(join => (
          <JoinBox key={join.key} join={join} x={joinFrom} width={width - joinFrom} />
        ))}
      </svg>
      {graph.left > 0 && <p className="dim">{counted(graph.left, 'thing')} more in the table.</p>}
    </div>
  )
}

interface LineProps {
  readonly from: readonly [x: number, y: number]
  readonly to: readonly [x: number, y: number]
  readonly weight: number
}

/** The thicker, the more it says; against it is dashed. */
function Line({ from: [x1, y1], to: [x2, y2], weight }: LineProps) {
  const bend = (x2 - x1) / 2
  return (
    <path
      className={styles.line}
      data-against={weight < 0 || undefined}
      d={`M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`}
      strokeWidth={Math.min(4, 0.75 + Math.abs(weight) / 3)}
    />
  )
}

const half = 16

function RecordBox({ record, width }: { record: GraphRecord; width: number }) {
  return (
    <g>
      <rect
        className={styles.record}
        data-other={record.isOther || undefined}
        x={0.5}
        y={record.y - half}
        width={width - 1}
        height={half * 2}
        rx={4}
      />
      <foreignObject x={6} y={record.y - half} width={width - 12} height={half * 2}>
        <div className={styles.label} title={`${record.name}, ${record.source}`}>
          <bdi>{visibleLine(record.name)}</bdi>
          <bdi className="dim">{visibleLine(record.source)}</bdi>
        </div>
      </foreignObject>
    </g>
  )
}

function JoinBox({ join, x, width }: { join: GraphJoin; x: number; width: number }) {
  const words = evidenceWords(join)
  return (
    <g>
      <rect
        className={styles.join}
        data-against={join.weight < 0 || undefined}
        x={x}
        y={join.y - half}
        width={width - 0.5}
        height={half * 2}
        rx={half}
      />
      <foreignObject x={x + 10} y={join.y - half} width={width - 20} height={half * 2}>
        <div className={styles.joined} title={`${words} ${join.value ?? ''}`}>
          <span className={styles.weight}>{weightText(join.weight)}</span>
          <div className={styles.label}>
            <span>{words}</span>
            {join.value !== null && <bdi className="mono dim">{visibleLine(join.value)}</bdi>}
          </div>
        </div>
      </foreignObject>
    </g>
  )
}
