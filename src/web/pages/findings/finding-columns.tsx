import { Link } from '@tanstack/react-router'
import type { FindingSortKey } from '../../../contract/filters.ts'
import type { FindingView } from '../../../contract/findings.ts'
import { pluginName } from '../../../domain/plugin-name.ts'
import { Ago } from '../../components/instant.tsx'
import type { Column } from '../../components/list/column.ts'
import { OutsideName } from '../../components/outside-text.tsx'
import { SeverityLabel } from '../../components/severity-mark.tsx'
import { StateLabel } from '../../components/state-label.tsx'
import { chance, score } from '../../lib/format.ts'
import { portName } from './port-name.ts'

export const findingColumns: readonly Column<FindingView, FindingSortKey>[] = [
  {
    id: 'severity',
    header: 'Severity',
    width: 104,
    isSortable: true,
    highFirst: true,
    cell: row => <SeverityLabel severity={row.severity} />,
    text: row => row.severity,
    exportAs: ['severity'],
  },
  {
    id: 'plugin_id',
    header: 'Plugin',
    likes: 270,
    isSortable: true,
    cell: row => <FindingLink row={row} />,
    text: row => pluginName(row.plugin_name, row.plugin_id),
    exportAs: ['plugin_id', 'plugin_name'],
  },
  {
    id: 'asset_id',
    header: 'Asset',
    width: 190,
    wide: 260,
    isSortable: true,
    cell: row => (
      <span title={row.asset_name}>
        <OutsideName text={row.asset_name} />
      </span>
    ),
    text: row => row.asset_name,
    exportAs: ['asset_name'],
  },
  {
    id: 'port',
    header: 'Port',
    width: 86,
    from: 900,
    cell: row => <span className="mono">{portName(row)}</span>,
    text: portName,
    exportAs: ['port', 'protocol'],
  },
  {
    id: 'state',
    header: 'State',
    width: 104,
    cell: row => <StateLabel state={row.state} endCause={row.end_cause} />,
    text: row => row.end_cause ?? row.state,
    exportAs: ['state', 'end_cause'],
  },
  {
    id: 'vpr',
    header: 'VPR',
    hint: 'Vulnerability Priority Rating, 0 to 10',
    width: 58,
    isNumber: true,
    from: 800,
    cell: row => score(row.vpr_score),
    text: row => row.vpr_score,
    exportAs: ['vpr_score'],
  },
  {
    id: 'epss',
    header: 'EPSS',
    hint: 'Chance of exploitation in the next 30 days',
    width: 80,
    isNumber: true,
    from: 1180,
    cell: row => chance(row.epss_score),
    text: row => row.epss_score,
    exportAs: ['epss_score'],
  },
  {
    id: 'kev',
    header: 'KEV',
    hint: 'In CISA’s catalogue of known exploited vulnerabilities',
    width: 64,
    from: 1000,
    cell: row => (row.is_kev ? <strong>KEV</strong> : ''),
    text: row => (row.is_kev === null ? null : row.is_kev ? 'yes' : 'no'),
    exportAs: ['is_kev'],
  },
  {
    id: 'first_found',
    header: 'First found',
    width: 112,
    isSortable: true,
    highFirst: true,
    from: 1060,
    cell: row => <Ago at={row.first_found} />,
    text: row => row.first_found,
    exportAs: ['first_found'],
  },
  {
    id: 'last_found',
    header: 'Last found',
    width: 112,
    isSortable: true,
    highFirst: true,
    from: 760,
    cell: row => <Ago at={row.last_found} />,
    text: row => row.last_found,
    exportAs: ['last_found'],
  },
  textColumn('owner', 'Owner', row => row.owner, 150),
  textColumn('cvss3_base_score', 'CVSS', row => row.cvss3_base_score?.toFixed(1) ?? null, 70),
  textColumn('plugin_number', 'Plugin ID', row => String(row.plugin_id), 90, ['plugin_id']),
  textColumn('family', 'Plugin family', row => row.plugin_family, 150, []),
  textColumn('kev_due_at', 'KEV due', row => row.kev_due_at, 104),
  textColumn('service', 'Service', row => row.service, 100),
  textColumn('default_severity', 'Severity before rules', row => row.default_severity, 140),
  textColumn('severity_modification', 'Risk rule', row => row.severity_modification, 110),
  textColumn('source', 'Source', row => row.source, 130),
  textColumn('finding_id', 'Source’s id', row => row.finding_id, 150),
  timeColumn('resurfaced_date', 'Resurfaced', row => row.resurfaced_date),
  timeColumn('last_fixed', 'Fixed', row => row.last_fixed),
]

type FindingColumn = Column<FindingView, FindingSortKey>

/** A column that one chooses, called as the export calls it. */
function textColumn(
  id: string,
  header: string,
  text: (row: FindingView) => string | null,
  width: number,
  exportAs: readonly string[] = [id],
): FindingColumn {
  const cell = (row: FindingView) => {
    const value = text(row)
    return value === null ? (
      <span className="dim">–</span>
    ) : (
      <span title={value}>
        <OutsideName text={value} />
      </span>
    )
  }
  return { id, header, width, isExtra: true, cell, text, exportAs }
}

function timeColumn(id: string, header: string, at: (row: FindingView) => string | null): FindingColumn {
  return { id, header, width: 112, isExtra: true, cell: row => <Ago at={at(row)} />, text: at, exportAs: [id] }
}

/** The row's door; it keeps the list's filter, so that closing it leads back. */
export function FindingLink({ row }: { row: FindingView }) {
  const name = pluginName(row.plugin_name, row.plugin_id)
  return (
    <Link
      to="/vulnerabilities/tenable/$id"
      params={{ id: row.id }}
      search={true}
      resetScroll={false}
      data-row-link=""
      title={`${name} (plugin ${row.plugin_id})`}
    >
      <OutsideName text={name} />
    </Link>
  )
}
