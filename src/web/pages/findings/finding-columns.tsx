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
  },
  {
    id: 'plugin_id',
    header: 'Plugin',
    isSortable: true,
    cell: row => <FindingLink row={row} />,
  },
  {
    id: 'asset_id',
    header: 'Asset',
    width: 220,
    isSortable: true,
    cell: row => (
      <span title={row.asset_name}>
        <OutsideName text={row.asset_name} />
      </span>
    ),
  },
  { id: 'port', header: 'Port', width: 92, from: 900, cell: row => <span className="mono">{portName(row)}</span> },
  {
    id: 'state',
    header: 'State',
    width: 104,
    cell: row => <StateLabel state={row.state} endCause={row.end_cause} />,
  },
  {
    id: 'vpr',
    header: 'VPR',
    hint: 'Vulnerability Priority Rating, 0 to 10',
    width: 58,
    isNumber: true,
    from: 800,
    cell: row => score(row.vpr_score),
  },
  {
    id: 'epss',
    header: 'EPSS',
    hint: 'Chance of exploitation in the next 30 days',
    width: 66,
    isNumber: true,
    from: 1180,
    cell: row => chance(row.epss_score),
  },
  {
    id: 'kev',
    header: 'KEV',
    hint: 'In CISA’s catalogue of known exploited vulnerabilities',
    width: 56,
    from: 1000,
    cell: row => (row.is_kev ? <strong>KEV</strong> : ''),
  },
  {
    id: 'first_found',
    header: 'First found',
    width: 112,
    isSortable: true,
    highFirst: true,
    from: 1060,
    cell: row => <Ago at={row.first_found} />,
  },
  {
    id: 'last_found',
    header: 'Last found',
    width: 112,
    isSortable: true,
    highFirst: true,
    from: 760,
    cell: row => <Ago at={row.last_found} />,
  },
]

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
