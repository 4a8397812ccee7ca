import { Link } from '@tanstack/react-router'
import type { DeviceView } from '../../../contract/devices.ts'
import { Ago } from '../../components/instant.tsx'
import cards from '../../components/list/card.module.css'
import type { Column } from '../../components/list/column.ts'
import { OutsideName } from '../../components/outside-text.tsx'
import { SeverityBar } from '../../components/severity-bar.tsx'
import { confidenceText } from '../../lib/device-words.ts'
import { count, counted } from '../../lib/format.ts'
import { severityLabels, worstFirst } from '../../lib/severity.ts'
import { Confidence } from './evidence.tsx'

const text = (value: string | null) =>
  value === null ? (
    <span className="dim">–</span>
  ) : (
    <span title={value}>
      <OutsideName text={value} />
    </span>
  )

export const deviceColumns: readonly Column<DeviceView>[] = [
  { id: 'name', header: 'Name', isSortable: true, cell: row => <DeviceLink row={row} />, text: row => row.name },
  {
    id: 'records',
    header: 'Records',
    hint: 'Assets of the sources that are this device',
    width: 78,
    isNumber: true,
    isSortable: true,
    highFirst: true,
    cell: row => count(row.records),
    text: row => row.records,
  },
  {
    id: 'sources',
    header: 'Sources',
    width: 200,
    from: 860,
    cell: row => <Sources row={row} />,
    text: row => row.sources.map(one => one.source).join('; '),
  },
  {
    id: 'confidence',
    header: 'Confidence',
    hint: 'Of the weakest link that holds its records together',
    width: 120,
    isSortable: true,
    from: 760,
    cell: row => <Confidence value={row.confidence} />,
    text: row => row.confidence,
  },
  {
    id: 'to_review',
    header: 'In review',
    hint: 'Pairs with records of other devices that somebody should look at',
    width: 80,
    isNumber: true,
    from: 980,
    cell: row => (row.to_review === 0 ? <span className="dim">–</span> : count(row.to_review)),
    text: row => row.to_review,
  },
  {
    id: 'address',
    header: 'Address',
    width: 120,
    from: 1060,
    cell: row => <span className="mono">{text(row.address)}</span>,
    text: row => row.address,
  },
  {
    id: 'operating_system',
    header: 'Operating system',
    width: 180,
    from: 1240,
    cell: row => text(row.operating_system),
    text: row => row.operating_system,
  },
  {
    id: 'open',
    header: 'Open findings',
    hint: 'Each once, whoever reported it',
    width: 232,
    cell: row => <SeverityBar counts={row.open} />,
    text: row =>
      worstFirst.map(severity => `${row.open[severity]} ${severityLabels[severity].toLowerCase()}`).join(', '),
  },
  {
    id: 'last_seen',
    header: 'Last seen',
    width: 100,
    isSortable: true,
    highFirst: true,
    from: 700,
    cell: row => <Ago at={row.last_seen} />,
    text: row => row.last_seen,
  },
  {
    id: 'id',
    header: 'Number',
    width: 90,
    isNumber: true,
    isSortable: true,
    isExtra: true,
    cell: row => row.id,
    text: row => row.id,
  },
]

export function DeviceLink({ row }: { row: Pick<DeviceView, 'id' | 'name'> }) {
  return (
    <Link
      to="/devices/$id"
      params={{ id: String(row.id) }}
      search={true}
      resetScroll={false}
      data-row-link=""
      title={row.name}
    >
      <OutsideName text={row.name} />
    </Link>
  )
}

function Sources({ row }: { row: DeviceView }) {
  const names = row.sources.map(one => one.source)
  return (
    <span title={names.join('\n')}>
      <OutsideName text={names.join(', ')} />
    </span>
  )
}

/** What matters of a row where there is no room for columns. */
export function DeviceCard({ row }: { row: DeviceView }) {
  return (
    <div>
      <div className={cards.title}>
        <span>
          <DeviceLink row={row} />
        </span>
        <span className="dim nowrap">{counted(row.records, 'record')}</span>
      </div>
      <div className={cards.line}>
        <span className="dim">
          <Sources row={row} />
        </span>
        <span className="dim nowrap">
          {row.confidence === null ? <Ago at={row.last_seen} /> : confidenceText(row.confidence)}
        </span>
      </div>
      <div style={{ marginTop: 4 }}>
        <SeverityBar counts={row.open} />
      </div>
    </div>
  )
}
