import { Skeleton } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { AgentView, ScannerView } from '../../../contract/directories.ts'
import { Section } from '../../components/details-panel.tsx'
import { Ago } from '../../components/instant.tsx'
import { LoadMore, type More } from '../../components/list/load-more.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { PlainTable } from '../../components/plain-table.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { count } from '../../lib/format.ts'
import { agentsQuery } from '../../lib/network-queries.ts'
import type { NetworkSearch } from '../../lib/network-search.ts'
import { rowsOf } from '../../lib/queries.ts'
import { AgentName, SensorStatus } from './network-columns.tsx'
import type { NetworkDetail } from './network-details.tsx'
import styles from './networks.module.css'

interface NetworkScannersProps {
  readonly network: NetworkDetail
  readonly rows: readonly ScannerView[]
  readonly more: More
}

const columns = ['Name', 'Status', 'Version', 'Last heard of'] as const

export function NetworkScanners({ network, rows, more }: NetworkScannersProps) {
  const search: NetworkSearch = { tab: 'scanners', network_name: [network.name], source_id: [network.source_id] }
  return (
    <Section
      title={`Scanners (${count(network.scanners)})`}
      aside={
        <Link to="/networks" search={search}>
          In the list
        </Link>
      }
    >
      {rows.length === 0 ? (
        <p className="dim">No scanner stands in this network.</p>
      ) : (
        <PlainTable label="Scanners of the network" className={styles.rows} columns={columns}>
          {rows.map(row => (
            <Sensor
              key={row.id}
              name={<OutsideName text={row.name} />}
              status={row.status}
              version={row.engine_version}
              lastConnectAt={row.last_connect_at}
            />
          ))}
        </PlainTable>
      )}
      <LoadMore more={more} mt="sm" />
    </Section>
  )
}

export function NetworkAgents({ network }: { network: NetworkDetail }) {
  const search: NetworkSearch = { tab: 'agents', network_id: [network.uuid], source_id: [network.source_id] }
  const query = useInfiniteQuery(agentsQuery(search))
  return (
    <Section
      title={`Agents (${count(network.agents)})`}
      aside={
        <Link to="/networks" search={search}>
          In the list
        </Link>
      }
    >
      <QueryView
        query={query}
        skeleton={<Skeleton height={80} />}
        isEmpty={data => data.pages[0]?.items.length === 0}
        empty={<p className="dim">No agent says that it is in this network.</p>}
      >
        {data => (
          <>
            <PlainTable label="Agents of the network" className={styles.rows} columns={columns}>
              {rowsOf(data).rows.map((row: AgentView) => (
                <Sensor
                  key={row.id}
                  name={<AgentName row={row} />}
                  status={row.status}
                  version={row.core_version}
                  lastConnectAt={row.last_connect_at}
                />
              ))}
            </PlainTable>
            <LoadMore more={query} mt="sm" />
          </>
        )}
      </QueryView>
    </Section>
  )
}

interface SensorProps {
  readonly name: ReactNode
  readonly status: string | null
  readonly version: string | null
  readonly lastConnectAt: string | null
}

function Sensor({ name, status, version, lastConnectAt }: SensorProps) {
  return (
    <tr>
      <td data-label="Name">{name}</td>
      <td data-label="Status">
        <SensorStatus status={status} />
      </td>
      <td data-label="Version">{version === null ? '–' : <OutsideName text={version} />}</td>
      <td data-label="Last heard of">
        <Ago at={lastConnectAt} fallback="never" />
      </td>
    </tr>
  )
}
