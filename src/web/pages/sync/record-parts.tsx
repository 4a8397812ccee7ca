import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { QualityIssueView, RejectedView } from '../../../contract/sync.ts'
import { Ago } from '../../components/instant.tsx'
import cards from '../../components/list/card.module.css'
import type { Column } from '../../components/list/column.ts'
import { OutsideName } from '../../components/outside-text.tsx'

type RecordView = RejectedView | QualityIssueView

/** Where a record is from and when; every kind has these. */
export const recordColumns = {
  stream: { id: 'stream', header: 'Stream', width: 100, cell: row => row.stream, text: row => row.stream },
  source: {
    id: 'source',
    header: 'Source',
    width: 150,
    from: 820,
    cell: row => row.source !== null && <OutsideName text={row.source} />,
    text: row => row.source,
  },
  run: {
    id: 'run',
    header: 'Run',
    width: 72,
    isNumber: true,
    cell: row => <RunDoor id={row.run_id} />,
    text: row => row.run_id,
  },
  recordedAt: {
    id: 'recorded_at',
    header: 'When',
    width: 108,
    cell: row => <Ago at={row.recorded_at} />,
    text: row => row.recorded_at,
  },
} as const satisfies Record<string, Column<RecordView>>

interface RecordCardProps {
  readonly row: RecordView
  readonly title: ReactNode
  readonly children?: ReactNode
}

/** What matters of a record where there is no room for columns. */
export function RecordCard({ row, title, children }: RecordCardProps) {
  return (
    <div>
      <div className={cards.title}>
        <span>{title}</span>
      </div>
      {children !== undefined && <div className={cards.line}>{children}</div>}
      <div className={cards.line}>
        <span className="dim">
          {row.stream} of run <RunDoor id={row.run_id} />
        </span>
        <span className="dim">
          <Ago at={row.recorded_at} />
        </span>
      </div>
    </div>
  )
}

function RunDoor({ id }: { id: number }) {
  return (
    <Link to="/admin/tenable/sync/$id" params={{ id: String(id) }} search={true} resetScroll={false}>
      {id}
    </Link>
  )
}
