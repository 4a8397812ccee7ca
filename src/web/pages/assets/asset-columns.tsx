import { Link } from '@tanstack/react-router'
import type { AssetView } from '../../../contract/assets.ts'
import type { AssetSortKey } from '../../../contract/filters.ts'
import { Ago } from '../../components/instant.tsx'
import type { Column } from '../../components/list/column.ts'
import { OutsideName } from '../../components/outside-text.tsx'
import { SeverityBar } from '../../components/severity-bar.tsx'
import { assetStatusLabels, cloudLabels } from '../../lib/asset-search.ts'

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
  },
  {
    id: 'ip',
    header: 'Address',
    width: 136,
    from: 760,
    cell: row => <Several values={addressesOf(row)} isMono />,
  },
  {
    id: 'os',
    header: 'Operating system',
    width: 200,
    from: 980,
    cell: row => <Several values={row.operating_systems} />,
  },
  {
    id: 'cloud',
    header: 'Cloud',
    width: 66,
    from: 1140,
    cell: row => (row.cloud_provider === 'on_premise' ? '' : cloudLabels[row.cloud_provider]),
  },
  {
    id: 'agent',
    header: 'Agent',
    width: 66,
    from: 1200,
    cell: row => (row.has_agent === null ? '' : row.has_agent ? 'yes' : 'no'),
  },
  {
    id: 'acr_score',
    header: 'ACR',
    hint: 'Asset Criticality Rating, 1 to 10',
    width: 64,
    isNumber: true,
    isSortable: true,
    highFirst: true,
    from: 900,
    cell: row => row.acr_score ?? '–',
  },
  {
    id: 'exposure_score',
    header: 'AES',
    hint: 'Asset Exposure Score, 0 to 1000',
    width: 68,
    isNumber: true,
    isSortable: true,
    highFirst: true,
    from: 900,
    cell: row => row.exposure_score ?? '–',
  },
  {
    id: 'open_critical',
    header: 'Open findings',
    hint: 'Sorts by the number of open critical ones',
    width: 256,
    isSortable: true,
    highFirst: true,
    cell: row => <SeverityBar counts={row.open} />,
  },
  {
    id: 'last_seen',
    header: 'Last seen',
    width: 112,
    isSortable: true,
    highFirst: true,
    from: 700,
    cell: row => <Ago at={row.last_seen} />,
  },
]

export function AssetLink({ row }: { row: AssetView }) {
  return (
    <Link
      to="/assets/tenable/$id"
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

/** Why the default count leaves an asset out. */
export function NotCounted({ row }: { row: Pick<AssetView, 'is_counted' | 'status' | 'is_licensed' | 'is_tracked'> }) {
  if (row.is_counted) return null
  const why =
    row.status !== 'live'
      ? assetStatusLabels[row.status].toLowerCase()
      : row.is_licensed === false
        ? 'unlicensed'
        : 'untracked'
  return <span className="dim"> · {why}</span>
}

export function addressesOf(row: Pick<AssetView, 'ipv4s' | 'ipv6s'>): readonly string[] {
  return [...row.ipv4s, ...row.ipv6s]
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
