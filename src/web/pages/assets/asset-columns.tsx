import { Link } from '@tanstack/react-router'
import type { AssetView } from '../../../contract/assets.ts'
import type { AssetSortKey } from '../../../contract/filters.ts'
import { Ago } from '../../components/instant.tsx'
import type { Column } from '../../components/list/column.ts'
import { OutsideName } from '../../components/outside-text.tsx'
import { SeverityBar } from '../../components/severity-bar.tsx'
import { nameOrigin } from '../../lib/asset-name-origin.ts'
import { assetStatusLabels, cloudLabels } from '../../lib/asset-search.ts'
import { severityLabels, worstFirst } from '../../lib/severity.ts'

export const assetColumns: readonly Column<AssetView, AssetSortKey>[] = [
  {
    id: 'name',
    header: 'Name',
    isSortable: true,
    cell: row => (
      <>
        <AssetLink row={row} />
        <NotCounted row={row} />
      </>
    ),
    text: row => row.name,
    exportAs: ['name'],
  },
  {
    id: 'ip',
    header: 'Address',
    width: 112,
    wide: 140,
    from: 760,
    cell: row => <Several values={addressesOf(row)} isMono />,
    text: row => addressesOf(row).join('; '),
    exportAs: ['ipv4s', 'ipv6s'],
  },
  {
    id: 'os',
    header: 'Operating system',
    width: 170,
    wide: 250,
    from: 980,
    cell: row => <Several values={row.operating_systems} />,
    text: row => row.operating_systems.join('; '),
    exportAs: ['operating_systems'],
  },
  {
    id: 'cloud',
    header: 'Cloud',
    width: 66,
    from: 1160,
    cell: row => (row.cloud_provider === 'on_premise' ? '' : cloudLabels[row.cloud_provider]),
    text: row => cloudLabels[row.cloud_provider],
    exportAs: ['cloud_provider'],
  },
  {
    id: 'agent',
    header: 'Agent',
    width: 66,
    from: 1220,
    cell: row => (row.has_agent === null ? '' : row.has_agent ? 'yes' : 'no'),
    text: row => (row.has_agent === null ? null : row.has_agent ? 'yes' : 'no'),
    exportAs: ['has_agent'],
  },
  {
    id: 'exposure_score',
    header: 'AES',
    hint: 'Asset Exposure Score, 0 to 1000',
    width: 58,
    isNumber: true,
    isSortable: true,
    highFirst: true,
    from: 900,
    cell: row => row.exposure_score ?? '–',
    text: row => row.exposure_score,
    exportAs: ['exposure_score'],
  },
  {
    id: 'acr_score',
    header: 'ACR',
    hint: 'Asset Criticality Rating, 1 to 10',
    width: 54,
    isNumber: true,
    isSortable: true,
    highFirst: true,
    from: 900,
    cell: row => row.acr_score ?? '–',
    text: row => row.acr_score,
    exportAs: ['acr_score'],
  },
  {
    id: 'open_critical',
    header: 'Open findings',
    hint: 'Sorts by the number of open critical ones',
    width: 232,
    wide: 240,
    isSortable: true,
    highFirst: true,
    cell: row => <SeverityBar counts={row.open} />,
    text: row =>
      worstFirst.map(severity => `${row.open[severity]} ${severityLabels[severity].toLowerCase()}`).join(', '),
    exportAs: worstFirst.map(severity => `open_${severity}`),
  },
  {
    id: 'owner',
    header: 'Owner',
    width: 96,
    wide: 170,
    from: 1000,
    cell: row => <Known text={row.owner} />,
    text: row => row.owner,
    exportAs: ['owner'],
  },
  {
    id: 'last_seen',
    header: 'Last seen',
    width: 104,
    isSortable: true,
    highFirst: true,
    from: 700,
    cell: row => <Ago at={row.last_seen} />,
    text: row => row.last_seen,
    exportAs: ['last_seen'],
  },
  {
    id: 'named_by',
    header: 'Named by',
    isExtra: true,
    width: 150,
    cell: row => <span title={nameOrigin(row)}>{nameOrigin(row)}</span>,
    text: nameOrigin,
  },
  textColumn('fqdns', 'FQDN', row => row.fqdns),
  textColumn('hostnames', 'Host name', row => row.hostnames),
  textColumn('tags', 'Tags', row => row.tags.map(tag => `${tag.key}:${tag.value}`)),
  textColumn('groups', 'Groups', row => row.groups),
  textColumn('assigned_criticality', 'Criticality by rule', row => [row.assigned_criticality]),
  textColumn('types', 'Type', row => row.types),
  textColumn('network_name', 'Network', row => [row.network_name]),
  textColumn('source', 'Source', row => [row.source]),
  textColumn('status', 'Status', row => [assetStatusLabels[row.status]]),
  textColumn('asset_uuid', 'Source’s id', row => [row.uuid]),
  timeColumn('first_seen', 'First seen', row => row.first_seen, true),
  timeColumn('last_scan_at', 'Last scan', row => row.last_scan_at),
  timeColumn('updated_at', 'Row changed', row => row.updated_at, true),
]

/** A column that one chooses, of texts from outside, called as the export calls it. */
function textColumn(
  id: string,
  header: string,
  values: (row: AssetView) => readonly (string | null)[],
): Column<AssetView, AssetSortKey> {
  const known = (row: AssetView) => values(row).filter(value => value !== null)
  return {
    id,
    header,
    isExtra: true,
    width: 150,
    cell: row => <Several values={known(row)} />,
    text: row => known(row).join('; '),
    exportAs: [id],
  }
}

function timeColumn(
  id: string,
  header: string,
  at: (row: AssetView) => string | null,
  isSortable = false,
): Column<AssetView, AssetSortKey> {
  return {
    id,
    header,
    isExtra: true,
    width: 112,
    isSortable,
    highFirst: true,
    cell: row => <Ago at={at(row)} />,
    text: at,
    exportAs: [id],
  }
}

export function AssetLink({ row }: { row: AssetView }) {
  return (
    <Link
      to="/assets/tenable/$id"
      params={{ id: String(row.id) }}
      search={true}
      resetScroll={false}
      data-row-link=""
      title={`${row.name}\nCalled by ${nameOrigin(row)}`}
    >
      <OutsideName text={row.name} />
    </Link>
  )
}

/** Why the default count leaves an asset out. */
export function NotCounted({
  row,
}: {
  row: Pick<AssetView, 'is_counted' | 'status' | 'is_licensed' | 'out_of_scope_at'>
}) {
  if (row.is_counted) return null
  const why =
    row.status !== 'live'
      ? assetStatusLabels[row.status].toLowerCase()
      : row.out_of_scope_at !== null
        ? 'out of scope'
        : row.is_licensed === false
          ? 'unlicensed'
          : 'untracked'
  return <span className="dim"> · {why}</span>
}

export function addressesOf(row: Pick<AssetView, 'ipv4s' | 'ipv6s'>): readonly string[] {
  return [...row.ipv4s, ...row.ipv6s]
}

function Known({ text }: { text: string | null }) {
  return text === null ? (
    <span className="dim">–</span>
  ) : (
    <span title={text}>
      <OutsideName text={text} />
    </span>
  )
}

function Several({ values, isMono = false }: { values: readonly string[]; isMono?: boolean }) {
  const [first, ...rest] = values
  if (first === undefined) return <span className="dim">–</span>
  return (
    <span title={values.join('\n')} className={isMono ? 'mono' : undefined}>
      <OutsideName text={first} />
      {rest.length > 0 && <span className="dim"> +{rest.length}</span>}
    </span>
  )
}
