import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { AssetStatistics } from '../../../contract/statistics.ts'
import { Panel } from '../../components/panel.tsx'
import { SeverityLabel } from '../../components/severity-mark.tsx'
import type { AssetSearch } from '../../lib/asset-search.ts'
import { estateStatisticsQuery } from '../../lib/device-queries.ts'
import { CountRow } from './count-row.tsx'
import styles from './overview.module.css'

const clouds = ['aws', 'azure', 'gcp', 'on_premise'] as const
const cloudNames = { aws: 'In AWS', azure: 'In Azure', gcp: 'In GCP', on_premise: 'On premises' } as const

/** How many machines, and which of them matter first. */
export function AssetsPanel({ assets }: { assets: AssetStatistics }) {
  const row = (name: ReactNode, value: number, search: AssetSearch) => (
    <CountRow name={name} value={value}>
      {number => (
        <Link to="/assets/tenable" search={search}>
          {number}
        </Link>
      )}
    </CountRow>
  )
  return (
    <Panel title="Assets" aside={<Link to="/assets/tenable">All</Link>}>
      <table className={styles.counts}>
        <caption className="only-spoken">Assets of the default count</caption>
        <tbody>
          {row('Live, licensed, tracked', assets.total, {})}
          {row(
            <>
              With open <SeverityLabel severity="critical" />
            </>,
            assets.with_open.critical,
            { open_severity: ['critical'] },
          )}
          {row(
            <>
              With open <SeverityLabel severity="high" />
            </>,
            assets.with_open.high,
            { open_severity: ['high'] },
          )}
          {row('With an agent', assets.with_agent, { has_agent: true })}
          {clouds
            .filter(cloud => assets.by_cloud[cloud] > 0)
            .map(cloud => (
              <CountRow key={cloud} name={cloudNames[cloud]} value={assets.by_cloud[cloud]}>
                {number => (
                  <Link to="/assets/tenable" search={{ cloud: [cloud] }}>
                    {number}
                  </Link>
                )}
              </CountRow>
            ))}
          <Estate />
          {assets.provisional > 0 && row('Known from findings only', assets.provisional, { is_provisional: true })}
        </tbody>
      </table>
    </Panel>
  )
}

/** The door to the machines, once several sources know one. */
function Estate() {
  const { data } = useQuery(estateStatisticsQuery)
  if (data === undefined || data.shared === 0) return null
  return (
    <CountRow name="Devices, over all sources" value={data.devices}>
      {number => <Link to="/devices">{number}</Link>}
    </CountRow>
  )
}
