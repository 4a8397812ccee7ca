import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { MultiHomedAsset, SubnetView } from '../../../contract/directories.ts'
import { Section } from '../../components/details-panel.tsx'
import { ExportMenu } from '../../components/list/export-menu.tsx'
import { LoadMore, type More } from '../../components/list/load-more.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { PlainTable } from '../../components/plain-table.tsx'
import { api } from '../../lib/api.ts'
import { count, counted } from '../../lib/format.ts'
import { prefixesOf } from '../../lib/network-queries.ts'
import type { NetworkSearch } from '../../lib/network-search.ts'
import type { NetworkDetail } from './network-details.tsx'
import styles from './networks.module.css'

interface SubnetsProps {
  readonly network: NetworkDetail
  readonly search: NetworkSearch
  readonly items: readonly SubnetView[]
  readonly total: number
}

const shownAtFirst = 50

/** Assets, scanners and agents of each subnet. */
export function Subnets({ network, search, items, total }: SubnetsProps) {
  const [isWhole, setIsWhole] = useState(false)
  const shown = isWhole ? items : items.slice(0, shownAtFirst)
  return (
    <Section
      title={`Subnets (${count(total)})`}
      aside={
        <ExportMenu
          label="Export subnets"
          href={format =>
            api.url('exportSubnets', { params: { id: network.id }, query: { ...prefixesOf(search), format } })
          }
        />
      }
    >
      {items.length === 0 ? (
        <p className="dim">No asset of the network has an address.</p>
      ) : (
        <PlainTable
          label="Subnets"
          className={styles.rows}
          columns={['Subnet', ['Assets'], ['In several'], ['Scanners'], ['Agents']]}
        >
          {shown.map(row => (
            <tr key={row.subnet}>
              <td data-label="Subnet" className="mono">
                {row.subnet}
              </td>
              <td data-label="Assets" className="number">
                <Link
                  to="/assets/tenable"
                  search={{ subnet: [row.subnet], network_id: [network.uuid], source_id: [network.source_id] }}
                >
                  {count(row.assets)}
                </Link>
              </td>
              <td data-label="In several" className="number">
                {count(row.multi_homed)}
              </td>
              <td data-label="Scanners" className="number">
                {count(row.scanners)}
              </td>
              <td data-label="Agents" className="number">
                {count(row.agents)}
              </td>
            </tr>
          ))}
        </PlainTable>
      )}
      {shown.length < items.length && (
        <Button mt="sm" variant="default" onClick={() => setIsWhole(true)}>
          Show {count(items.length - shown.length)} more
        </Button>
      )}
      {items.length < total && isWhole && (
        <p className="dim">The first {count(items.length)}; the export has every one.</p>
      )}
    </Section>
  )
}

interface MachinesProps {
  readonly network: NetworkDetail
  readonly search: NetworkSearch
  readonly rows: readonly MultiHomedAsset[]
  readonly more: More
}

/** Machines in several subnets, or with several interfaces. */
export function Machines({ network, search, rows, more }: MachinesProps) {
  return (
    <Section
      title="Machines with several addresses or interfaces"
      aside={
        <ExportMenu
          label="Export machines"
          href={format =>
            api.url('exportMultiHomed', { params: { id: network.id }, query: { ...prefixesOf(search), format } })
          }
        />
      }
    >
      {rows.length === 0 ? (
        <p className="dim">None.</p>
      ) : (
        <ul className={styles.members} aria-label="Machines with several addresses or interfaces">
          {rows.map(row => (
            <li key={row.id}>
              <Link to="/assets/tenable/$id" params={{ id: String(row.id) }}>
                <OutsideName text={row.name} />
              </Link>
              <span className="dim">
                <span className="mono">{row.subnets.join(', ')}</span>
                {row.interfaces > 0 && ` · ${counted(row.interfaces, 'interface')}`}
              </span>
            </li>
          ))}
        </ul>
      )}
      <LoadMore more={more} mt="sm" />
    </Section>
  )
}
