import { useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useMemo } from 'react'
import type { MultiHomedAsset, NetworkView, ScannerView, SubnetView } from '../../../contract/directories.ts'
import { Section } from '../../components/details-panel.tsx'
import { graphOf } from './network-graph.ts'
import styles from './networks.module.css'

const Chart = lazy(() => import('./graph-chart.tsx'))

interface Some<T> {
  readonly items: readonly T[]
  readonly total: number
}

interface NetworkMapProps {
  readonly network: NetworkView
  readonly subnets: Some<SubnetView>
  readonly machines: Some<MultiHomedAsset>
  readonly scanners: readonly ScannerView[]
}

/** How the subnets hang together; the tables after it say the same in words. */
export function NetworkMap({ network, subnets, machines, scanners }: NetworkMapProps) {
  const navigate = useNavigate()
  const graph = useMemo(
    () =>
      graphOf({
        network,
        subnets: subnets.items,
        subnetTotal: subnets.total,
        machines: machines.items,
        machineTotal: machines.total,
        scanners,
      }),
    [network, subnets, machines.items, machines.total, scanners],
  )
  if (subnets.total === 0) return null
  return (
    <Section title="Map">
      <div className={styles.legend}>
        <span>● subnet, by its assets</span>
        <span>■ machine in several</span>
        <span>▲ scanner</span>
        <span>◆ the rest, gathered</span>
      </div>
      <div className={styles.graph}>
        <Suspense fallback={null}>
          <Chart
            graph={graph}
            onOpen={({ subnet, asset }) => {
              if (asset !== undefined) void navigate({ to: '/assets/tenable/$id', params: { id: String(asset) } })
              else if (subnet !== undefined)
                void navigate({
                  to: '/assets/tenable',
                  search: { subnet: [subnet], network_id: [network.uuid], source_id: [network.source_id] },
                })
            }}
          />
        </Suspense>
      </div>
    </Section>
  )
}
