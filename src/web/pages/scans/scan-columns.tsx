import { Link } from '@tanstack/react-router'
import type { ScanSortKey, ScanView } from '../../../contract/scans.ts'
import { Ago } from '../../components/instant.tsx'
import cards from '../../components/list/card.module.css'
import type { Column } from '../../components/list/column.ts'
import { OutsideName } from '../../components/outside-text.tsx'
import { SeverityBar } from '../../components/severity-bar.tsx'
import { count } from '../../lib/format.ts'

const text = (value: string | null) => (value === null ? <span className="dim">–</span> : <OutsideName text={value} />)

export const scanColumns: readonly Column<ScanView, ScanSortKey>[] = [
  {
    id: 'name',
    header: 'Name',
    likes: 230,
    isSortable: true,
    cell: row => (
      <>
        <ScanLink row={row} />
        <ScanMarks row={row} />
      </>
    ),
    text: row => row.name,
  },
  { id: 'status', header: 'Status', width: 104, cell: row => text(row.status), text: row => row.status },
  {
    id: 'last_run',
    header: 'Last run',
    width: 108,
    isSortable: true,
    highFirst: true,
    cell: row => <Ago at={row.last_run_at} fallback="never" />,
    text: row => row.last_run_at,
  },
  {
    id: 'schedule',
    header: 'Schedule',
    width: 236,
    wide: 270,
    from: 900,
    cell: row => <span title={row.schedule}>{row.schedule}</span>,
    text: row => row.schedule,
  },
  { id: 'owner', header: 'Owner', width: 160, from: 1100, cell: row => text(row.owner), text: row => row.owner },
  { id: 'policy', header: 'Policy', width: 160, from: 1300, cell: row => text(row.policy), text: row => row.policy },
  {
    id: 'targets',
    header: 'Targets',
    width: 150,
    from: 1320,
    cell: row => <span className="mono">{text(row.targets)}</span>,
    text: row => row.targets,
  },
  {
    id: 'hosts',
    header: 'Hosts',
    hint: 'Of the latest run whose details were read',
    width: 70,
    isNumber: true,
    from: 760,
    cell: row => hostsOf(row),
    text: row => row.latest_results?.hosts ?? null,
  },
  {
    id: 'results',
    header: 'Latest results',
    hint: 'Results over all hosts, as the source counts them',
    width: 256,
    from: 820,
    cell: row => <Results row={row} />,
  },
  { id: 'type', header: 'Type', width: 90, isExtra: true, cell: row => text(row.type), text: row => row.type },
  { id: 'folder', header: 'Folder', width: 120, isExtra: true, cell: row => text(row.folder), text: row => row.folder },
  {
    id: 'scanner',
    header: 'Scanner',
    width: 150,
    isExtra: true,
    cell: row => text(row.scanner),
    text: row => row.scanner,
  },
  { id: 'source', header: 'Source', width: 130, isExtra: true, cell: row => text(row.source), text: row => row.source },
]

export function ScanLink({ row }: { row: Pick<ScanView, 'id' | 'name'> }) {
  return (
    <Link
      to="/scans/tenable/$id"
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

/** Why a scan will not run by itself. */
export function ScanMarks({ row }: { row: Pick<ScanView, 'gone_at' | 'is_enabled'> }) {
  if (row.gone_at !== null) return <span className="dim"> · no longer listed</span>
  return row.is_enabled === false ? <span className="dim"> · off</span> : null
}

/** What matters of a row where there is no room for columns. */
export function ScanCard({ row }: { row: ScanView }) {
  return (
    <div>
      <div className={cards.title}>
        <span>
          <ScanLink row={row} />
          <ScanMarks row={row} />
        </span>
      </div>
      <div className={cards.line}>
        <span className="dim">
          {row.status !== null && <OutsideName text={row.status} />} · {row.schedule}
        </span>
        <span className="dim">
          <Ago at={row.last_run_at} fallback="never ran" />
        </span>
      </div>
      <div style={{ marginTop: 4 }}>
        <Results row={row} />
      </div>
    </div>
  )
}

function Results({ row }: { row: ScanView }) {
  const severities = row.latest_results?.severities ?? null
  return severities === null ? <span className="dim">results not read</span> : <SeverityBar counts={severities} />
}

function hostsOf(row: ScanView) {
  const hosts = row.latest_results?.hosts ?? null
  return hosts === null ? '–' : count(hosts)
}
