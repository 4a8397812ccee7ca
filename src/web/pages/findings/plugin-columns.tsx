import type { ReactNode } from 'react'
import type { FindingPlugin, FindingPluginSortKey } from '../../../contract/vulnerabilities.ts'
import { Ago } from '../../components/instant.tsx'
import { SeverityLabel } from '../../components/severity-mark.tsx'
import { chance, count, score } from '../../lib/format.ts'
import { FindingsDoor, PluginLink } from './plugin-links.tsx'
import styles from './plugin-list.module.css'

interface PluginColumn {
  /** The API's sort key where it can be sorted by; else any name. */
  readonly id: FindingPluginSortKey | 'kev'
  readonly header: string
  readonly hint?: string
  readonly width?: number
  readonly isNumber?: boolean
  readonly isSortable?: boolean
  readonly highFirst?: boolean
  /** Left away when the list is narrower than this. */
  readonly from?: number
  readonly isOnCard?: boolean
  /** @param estate assets of the default count */
  readonly cell: (row: FindingPlugin, estate: number | undefined) => ReactNode
}

export const pluginColumns: readonly PluginColumn[] = [
  {
    id: 'severity',
    header: 'Severity',
    hint: 'The worst of its findings',
    width: 104,
    isSortable: true,
    highFirst: true,
    cell: row => <SeverityLabel severity={row.severity} />,
  },
  { id: 'name', header: 'Plugin', isSortable: true, cell: row => <PluginLink row={row} /> },
  {
    id: 'vpr_score',
    header: 'VPR',
    hint: 'Vulnerability Priority Rating, 0 to 10',
    width: 66,
    isNumber: true,
    isSortable: true,
    highFirst: true,
    isOnCard: true,
    cell: row => score(row.vpr_score),
  },
  {
    id: 'epss_score',
    header: 'EPSS',
    hint: 'Chance of exploitation in the next 30 days',
    width: 76,
    isNumber: true,
    isSortable: true,
    highFirst: true,
    from: 900,
    cell: row => chance(row.epss_score),
  },
  {
    id: 'kev',
    header: 'KEV',
    hint: 'In CISA’s catalogue of known exploited vulnerabilities',
    width: 52,
    from: 760,
    cell: row => (row.is_kev ? <strong>KEV</strong> : ''),
  },
  {
    id: 'cvss3_base_score',
    header: 'CVSS',
    hint: 'CVSS v3 base score',
    width: 70,
    isNumber: true,
    isSortable: true,
    highFirst: true,
    from: 980,
    cell: row => score(row.cvss3_base_score),
  },
  {
    id: 'affected_assets',
    header: 'Assets',
    hint: 'Assets that have it, and their share of all assets',
    width: 120,
    isNumber: true,
    isSortable: true,
    highFirst: true,
    isOnCard: true,
    cell: (row, estate) => <Affected assets={row.affected_assets} estate={estate} />,
  },
  {
    id: 'findings',
    header: 'Findings',
    width: 92,
    isNumber: true,
    isSortable: true,
    highFirst: true,
    isOnCard: true,
    cell: row => <FindingsDoor row={row} />,
  },
  {
    id: 'first_found',
    header: 'Oldest',
    hint: 'When the oldest of its findings was first found',
    width: 112,
    isSortable: true,
    from: 700,
    isOnCard: true,
    cell: row => <Ago at={row.first_found} />,
  },
  {
    id: 'last_found',
    header: 'Last found',
    width: 112,
    isSortable: true,
    highFirst: true,
    from: 1060,
    cell: row => <Ago at={row.last_found} />,
  },
]

function Affected({ assets, estate }: { assets: number; estate: number | undefined }) {
  const share = estate === undefined || estate === 0 ? 0 : Math.min(1, assets / estate)
  return (
    <span className={styles.affected} title={estate === undefined ? undefined : `of ${count(estate)} assets`}>
      <span className={styles.share} aria-hidden="true">
        <span style={{ width: `${Math.max(share * 100, 2)}%` }} />
      </span>
      {count(assets)}
    </span>
  )
}
