import { Link } from '@tanstack/react-router'
import type { AgentView, DirectoryTagView, NetworkView, ScannerView } from '../../../contract/directories.ts'
import { Ago } from '../../components/instant.tsx'
import type { Column } from '../../components/list/column.ts'
import { OutsideName } from '../../components/outside-text.tsx'
import { count } from '../../lib/format.ts'

const text = (value: string | null) => (value === null ? <span className="dim">–</span> : <OutsideName text={value} />)

export const networkColumns: readonly Column<NetworkView>[] = [
  {
    id: 'name',
    header: 'Network',
    isSortable: true,
    cell: row => (
      <>
        <NetworkLink row={row} />
        {row.is_default === true && <span className="dim"> · default</span>}
        <Gone at={row.gone_at} />
      </>
    ),
    text: row => row.name,
  },
  {
    id: 'assets',
    header: 'Assets',
    width: 90,
    isNumber: true,
    cell: row => <AssetsDoor row={row} />,
    text: row => row.assets,
  },
  {
    id: 'scanners',
    header: 'Scanners',
    width: 90,
    isNumber: true,
    cell: row => <ScannersDoor row={row} />,
    text: row => row.scanners,
  },
  {
    id: 'agents',
    header: 'Agents',
    width: 90,
    isNumber: true,
    cell: row => <AgentsDoor row={row} />,
    text: row => row.agents,
  },
  {
    id: 'ttl',
    header: 'Assets kept',
    hint: 'Assets that no scan meets for so long are deleted by the source',
    width: 110,
    from: 900,
    cell: row => (row.assets_ttl_days === null ? '–' : `${count(row.assets_ttl_days)} d`),
    text: row => row.assets_ttl_days,
  },
  {
    id: 'description',
    header: 'Description',
    width: 240,
    from: 1180,
    cell: row => text(row.description),
    text: row => row.description,
  },
  { id: 'source', header: 'Source', width: 140, from: 800, cell: row => text(row.source), text: row => row.source },
]

export const scannerColumns: readonly Column<ScannerView>[] = [
  {
    id: 'name',
    header: 'Scanner',
    isSortable: true,
    cell: row => (
      <span data-row-link="" tabIndex={-1}>
        <OutsideName text={row.name} />
        {row.is_group === true && <span className="dim"> · group</span>}
        {row.is_linked === false && <span className="dim"> · not linked</span>}
        <Gone at={row.gone_at} />
      </span>
    ),
    text: row => row.name,
  },
  {
    id: 'status',
    header: 'Status',
    width: 84,
    cell: row => <SensorStatus status={row.status} />,
    text: row => row.status,
  },
  {
    id: 'last_connect_at',
    header: 'Last heard of',
    width: 116,
    isSortable: true,
    highFirst: true,
    cell: row => <Ago at={row.last_connect_at} fallback="never" />,
    text: row => row.last_connect_at,
  },
  {
    id: 'network',
    header: 'Network',
    width: 150,
    from: 900,
    cell: row => text(row.network_name),
    text: row => row.network_name,
  },
  {
    id: 'version',
    header: 'Version',
    width: 100,
    from: 760,
    cell: row => text(row.engine_version),
    text: row => row.engine_version,
  },
  {
    id: 'plugins',
    header: 'Plugin set',
    width: 130,
    from: 1060,
    cell: row => text(row.plugin_set),
    text: row => row.plugin_set,
  },
  {
    id: 'ip',
    header: 'Address',
    width: 140,
    from: 1000,
    cell: row => <span className="mono">{text(row.ip_addresses.join(', ') || null)}</span>,
    text: row => row.ip_addresses.join(', '),
  },
  {
    id: 'platform',
    header: 'Platform',
    width: 110,
    from: 1240,
    cell: row => text(row.platform),
    text: row => row.platform,
  },
  { id: 'type', header: 'Type', width: 90, from: 1320, cell: row => text(row.type), text: row => row.type },
]

export const agentColumns: readonly Column<AgentView>[] = [
  {
    id: 'name',
    header: 'Agent',
    isSortable: true,
    cell: row => (
      <>
        <AgentName row={row} />
        <Gone at={row.gone_at} />
      </>
    ),
    text: row => row.name,
  },
  {
    id: 'status',
    header: 'Status',
    width: 84,
    cell: row => <SensorStatus status={row.status} />,
    text: row => row.status,
  },
  {
    id: 'health',
    header: 'Health',
    width: 96,
    from: 760,
    cell: row => text(row.health?.toLowerCase() ?? null),
    text: row => row.health,
  },
  {
    id: 'last_connect_at',
    header: 'Last heard of',
    width: 116,
    isSortable: true,
    highFirst: true,
    cell: row => <Ago at={row.last_connect_at} fallback="never" />,
    text: row => row.last_connect_at,
  },
  {
    id: 'scanned',
    header: 'Last scanned',
    width: 112,
    from: 900,
    cell: row => <Ago at={row.last_scanned_at} fallback="never" />,
    text: row => row.last_scanned_at,
  },
  {
    id: 'version',
    header: 'Version',
    width: 90,
    from: 980,
    cell: row => text(row.core_version),
    text: row => row.core_version,
  },
  {
    id: 'network',
    header: 'Network',
    width: 140,
    from: 1100,
    cell: row => text(row.network_name),
    text: row => row.network_name,
  },
  {
    id: 'ip',
    header: 'Address',
    width: 130,
    from: 1000,
    cell: row => <span className="mono">{text(row.ip_address)}</span>,
    text: row => row.ip_address,
  },
  {
    id: 'groups',
    header: 'Groups',
    width: 170,
    from: 1280,
    cell: row => text(row.groups.join(', ') || null),
    text: row => row.groups.join(', '),
  },
]

export const tagColumns: readonly Column<DirectoryTagView>[] = [
  {
    id: 'name',
    header: 'Tag',
    isSortable: true,
    cell: row => (
      <>
        <TagLink row={row} />
        <Gone at={row.gone_at} />
      </>
    ),
    text: row => `${row.category}:${row.value}`,
  },
  {
    id: 'members',
    header: 'Assets',
    width: 90,
    isNumber: true,
    cell: row => count(row.members),
    text: row => row.members,
  },
  { id: 'type', header: 'Type', width: 100, cell: row => text(row.type), text: row => row.type },
  {
    id: 'description',
    header: 'Description',
    width: 260,
    from: 900,
    cell: row => text(row.description),
    text: row => row.description,
  },
  {
    id: 'modified',
    header: 'Changed',
    width: 112,
    from: 760,
    cell: row => <Ago at={row.modified_at} />,
    text: row => row.modified_at,
  },
  { id: 'by', header: 'By', width: 160, from: 1100, cell: row => text(row.modified_by), text: row => row.modified_by },
]

export function NetworkLink({ row }: { row: Pick<NetworkView, 'id' | 'name'> }) {
  return (
    <Link
      to="/networks/$id"
      params={{ id: row.id }}
      search={true}
      resetScroll={false}
      data-row-link=""
      title={row.name}
    >
      <OutsideName text={row.name} />
    </Link>
  )
}

export function TagLink({ row }: { row: DirectoryTagView }) {
  const name = `${row.category}: ${row.value}`
  return (
    <Link
      to="/networks/tags/$id"
      params={{ id: row.id }}
      search={true}
      resetScroll={false}
      data-row-link=""
      title={name}
    >
      <OutsideName text={name} />
    </Link>
  )
}

/** An agent leads to the asset it is on. */
export function AgentName({ row }: { row: AgentView }) {
  if (row.asset === null)
    return (
      <span data-row-link="" tabIndex={-1}>
        <OutsideName text={row.name} />
      </span>
    )
  return (
    <Link to="/assets/tenable/$id" params={{ id: String(row.asset.id) }} data-row-link="" title={row.name}>
      <OutsideName text={row.name} />
    </Link>
  )
}

/** On is filled, anything else an outline. */
export function SensorStatus({ status }: { status: string | null }) {
  if (status === null) return <span className="dim">–</span>
  const isOn = status === 'on'
  const colour = isOn ? 'var(--good)' : 'var(--line-strong)'
  return (
    <span className="sign">
      <svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true" style={{ flex: 'none' }}>
        <circle cx="5" cy="5" r="4" fill={isOn ? colour : 'none'} stroke={colour} strokeWidth="1.5" />
      </svg>
      <OutsideName text={status} />
    </span>
  )
}

function Gone({ at }: { at: string | null }) {
  return at === null ? null : <span className="dim"> · no longer listed</span>
}

export function AssetsDoor({ row }: { row: NetworkView }) {
  if (row.assets === 0) return <span className="dim">0</span>
  return (
    <Link to="/assets/tenable" search={{ network_id: [row.uuid], source_id: [row.source_id] }}>
      {count(row.assets)}
    </Link>
  )
}

export function ScannersDoor({ row }: { row: NetworkView }) {
  if (row.scanners === 0) return <span className="dim">0</span>
  return (
    <Link to="/networks" search={{ tab: 'scanners', network_name: [row.name], source_id: [row.source_id] }}>
      {count(row.scanners)}
    </Link>
  )
}

export function AgentsDoor({ row }: { row: NetworkView }) {
  if (row.agents === 0) return <span className="dim">0</span>
  return (
    <Link to="/networks" search={{ tab: 'agents', network_id: [row.uuid], source_id: [row.source_id] }}>
      {count(row.agents)}
    </Link>
  )
}
