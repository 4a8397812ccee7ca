import { NumberInput, Skeleton } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import type { z } from 'zod'
import type { NetworkDetail as NetworkDetailSchema } from '../../../contract/directories.ts'
import { DetailsPanel, Folded, Section } from '../../components/details-panel.tsx'
import { Facts } from '../../components/facts.tsx'
import { Ago } from '../../components/instant.tsx'
import { OutsideName, OutsideText } from '../../components/outside-text.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { count, counted } from '../../lib/format.ts'
import { multiHomedQuery, networkQuery, prefixesOf, scannersQuery, subnetsQuery } from '../../lib/network-queries.ts'
import { type NetworkSearch, readNetworkSearch } from '../../lib/network-search.ts'
import { rowsOf } from '../../lib/queries.ts'
import { AssetsDoor } from './network-columns.tsx'
import { NetworkMap } from './network-map.tsx'
import { NetworkAgents, NetworkScanners } from './network-sensors.tsx'
import { Machines, Subnets } from './network-subnets.tsx'
import styles from './networks.module.css'

export type NetworkDetail = z.infer<typeof NetworkDetailSchema>

const route = getRouteApi('/networks/$id')
const page = getRouteApi('/networks')

export function NetworkDetails() {
  const { id } = route.useParams()
  const search = page.useSearch()
  const navigate = useNavigate()
  const query = useQuery(networkQuery(id))
  return (
    <DetailsPanel
      subject={id}
      title={query.data === undefined ? 'Network' : <OutsideName text={query.data.name} />}
      onClose={() => void navigate({ to: '/networks', search: true, resetScroll: false })}
    >
      <QueryView query={query} skeleton={<Skeleton height={320} />}>
        {network => <Network network={network} search={search} />}
      </QueryView>
    </DetailsPanel>
  )
}

function Network({ network, search }: { network: NetworkDetail; search: NetworkSearch }) {
  const subnets = useQuery(subnetsQuery(network.id, search))
  const machines = useInfiniteQuery(multiHomedQuery(network.id, search))
  const ofNetwork: NetworkSearch = { tab: 'scanners', network_name: [network.name], source_id: [network.source_id] }
  const scanners = useInfiniteQuery(scannersQuery(ofNetwork))
  const first = machines.data?.pages[0]
  return (
    <div style={{ display: 'flex', flexDirection: 'column', gap: 18 }}>
      <p style={{ margin: 0 }}>
        <AssetsDoor row={network} /> {network.assets === 1 ? 'asset' : 'assets'}
        {subnets.data && ` in ${counted(subnets.data.total, 'subnet')}`}
        {first?.total !== undefined && `, ${counted(first.total, 'machine')} with several addresses or interfaces`},{' '}
        {counted(network.scanners, 'scanner')}, {counted(network.agents, 'agent')}.
      </p>
      <Prefixes id={network.id} search={search} />
      {subnets.data && machines.data && scanners.data && (
        <NetworkMap
          network={network}
          subnets={subnets.data}
          machines={{ items: rowsOf(machines.data).rows, total: first?.total ?? 0 }}
          scanners={rowsOf(scanners.data).rows}
        />
      )}
      <QueryView query={subnets} skeleton={<Skeleton height={160} />}>
        {data => <Subnets network={network} search={search} {...data} />}
      </QueryView>
      <QueryView query={machines} skeleton={<Skeleton height={80} />}>
        {data => <Machines network={network} search={search} rows={rowsOf(data).rows} more={machines} />}
      </QueryView>
      <QueryView query={scanners} skeleton={<Skeleton height={80} />}>
        {data => <NetworkScanners network={network} rows={rowsOf(data).rows} more={scanners} />}
      </QueryView>
      <NetworkAgents network={network} />
      <Section title="The network">
        <Facts
          facts={[
            ['Description', network.description && <OutsideName text={network.description} />],
            ['Default', network.is_default === null ? null : network.is_default ? 'yes' : 'no'],
            ['Assets kept', network.assets_ttl_days === null ? null : `${count(network.assets_ttl_days)} days unseen`],
            ['Scanners, as the source counts', network.scanner_count === null ? null : count(network.scanner_count)],
            ['Created', network.created_at && <Ago at={network.created_at} />],
            ['Changed', network.modified_at && <Ago at={network.modified_at} />],
            ['No longer listed since', network.gone_at && <Ago at={network.gone_at} />],
            ['Source', <OutsideName key="s" text={network.source} />],
            [
              'Source’s id',
              <span key="u" className="mono">
                {network.uuid}
              </span>,
            ],
            ['Last read', <Ago key="r" at={network.read_at} />],
          ]}
        />
      </Section>
      {network.extra !== null && (
        <Folded title="Everything else the source sent">
          <OutsideText label="Other fields" text={JSON.stringify(network.extra, null, 2)} />
        </Folded>
      )}
    </div>
  )
}

/** How large a subnet is. */
function Prefixes({ id, search }: { id: string; search: NetworkSearch }) {
  const navigate = useNavigate()
  const prefixes = prefixesOf(search)
  const input = (key: 'ipv4_prefix' | 'ipv6_prefix', label: string, max: number) => (
    <NumberInput
      label={label}
      size="xs"
      w={120}
      min={1}
      max={max}
      prefix="/"
      value={prefixes[key]}
      onChange={value => {
        if (typeof value !== 'number' || value < 1 || value > max) return
        void navigate({
          to: '/networks/$id',
          params: { id },
          search: readNetworkSearch({ ...search, [key]: Math.round(value) }),
          resetScroll: false,
          replace: true,
        })
      }}
    />
  )
  return (
    <div className={styles.prefixes}>
      {input('ipv4_prefix', 'IPv4 subnets', 32)}
      {input('ipv6_prefix', 'IPv6 subnets', 128)}
    </div>
  )
}
