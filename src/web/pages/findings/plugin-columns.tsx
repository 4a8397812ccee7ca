import { useQuery } from '@tanstack/react-query'
import type { FindingPlugin, FindingPluginSortKey } from '../../../contract/vulnerabilities.ts'
import { pluginName } from '../../../domain/plugin-name.ts'
import { Ago } from '../../components/instant.tsx'
import cards from '../../components/list/card.module.css'
import type { Column } from '../../components/list/column.ts'
import { OutsideName } from '../../components/outside-text.tsx'
import { SeverityLabel, SeverityMark } from '../../components/severity-mark.tsx'
import { chance, count, score } from '../../lib/format.ts'
import { assetStatisticsQuery } from '../../lib/queries.ts'
import { FindingsDoor, PluginLink } from './plugin-links.tsx'
import styles from './plugin-list.module.css'

export const pluginColumns: readonly Column<FindingPlugin, FindingPluginSortKey>[] = [
  {
    id: 'severity',
    header: 'Severity',
    hint: 'The worst of its findings',
    width: 104,
    isSortable: true,
    highFirst: true,
    cell: row => <SeverityLabel severity={row.severity} />,
    text: row => row.severity,
    exportAs: ['severity'],
  },
  {
    id: 'name',
    header: 'Plugin',
    likes: 300,
    isSortable: true,
    cell: row => <PluginLink row={row} />,
    text: row => pluginName(row.name, row.plugin_id),
    exportAs: ['plugin_id', 'name'],
  },
  {
    id: 'vpr_score',
    header: 'VPR',
    hint: 'Vulnerability Priority Rating, 0 to 10',
    width: 66,
    isNumber: true,
    isSortable: true,
    highFirst: true,
    cell: row => score(row.vpr_score),
    text: row => row.vpr_score,
    exportAs: ['vpr_score'],
  },
  {
    id: 'epss_score',
    header: 'EPSS',
    hint: 'Chance of exploitation in the next 30 days',
    width: 84,
    isNumber: true,
    isSortable: true,
    highFirst: true,
    from: 900,
    cell: row => chance(row.epss_score),
    text: row => row.epss_score,
    exportAs: ['epss_score'],
  },
  {
    id: 'kev',
    header: 'KEV',
    hint: 'In CISA’s catalogue of known exploited vulnerabilities',
    width: 64,
    from: 760,
    cell: row => (row.is_kev ? <strong>KEV</strong> : ''),
    text: row => (row.is_kev === null ? null : row.is_kev ? 'yes' : 'no'),
    exportAs: ['is_kev'],
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
    text: row => row.cvss3_base_score,
    exportAs: ['cvss3_base_score'],
  },
  {
    id: 'affected_assets',
    header: 'Assets',
    hint: 'Assets that have it, and their share of all assets',
    width: 120,
    isNumber: true,
    isSortable: true,
    highFirst: true,
    cell: row => <Affected assets={row.affected_assets} />,
    text: row => row.affected_assets,
    exportAs: ['affected_assets'],
  },
  {
    id: 'findings',
    header: 'Findings',
    width: 92,
    isNumber: true,
    isSortable: true,
    highFirst: true,
    cell: row => <FindingsDoor row={row} />,
    text: row => row.findings,
    exportAs: ['findings'],
  },
  {
    id: 'first_found',
    header: 'Oldest',
    hint: 'When the oldest of its findings was first found',
    width: 122,
    isSortable: true,
    from: 700,
    cell: row => <Ago at={row.first_found} />,
    text: row => row.first_found,
    exportAs: ['first_found'],
  },
  {
    id: 'last_found',
    header: 'Last found',
    width: 112,
    isSortable: true,
    highFirst: true,
    from: 1060,
    cell: row => <Ago at={row.last_found} />,
    text: row => row.last_found,
    exportAs: ['last_found'],
  },
  {
    id: 'risk',
    header: 'Risk',
    hint: 'VPR, or CVSS where there is none, times its findings: what mending it everywhere takes away',
    width: 80,
    isNumber: true,
    isSortable: true,
    highFirst: true,
    isExtra: true,
    cell: row => count(Math.round(row.risk)),
    text: row => row.risk,
    exportAs: ['risk'],
  },
  {
    id: 'plugin_id',
    header: 'Plugin ID',
    width: 96,
    isNumber: true,
    isSortable: true,
    isExtra: true,
    cell: row => row.plugin_id,
    text: row => row.plugin_id,
    exportAs: ['plugin_id'],
  },
  {
    id: 'family',
    header: 'Family',
    width: 150,
    isExtra: true,
    cell: row => (row.family === null ? <span className="dim">–</span> : <OutsideName text={row.family} />),
    text: row => row.family,
    exportAs: ['family'],
  },
  {
    id: 'kev_due_at',
    header: 'KEV due',
    hint: 'The day by when CISA asks for a remedy',
    width: 104,
    isExtra: true,
    cell: row => row.kev_due_at ?? <span className="dim">–</span>,
    text: row => row.kev_due_at,
    exportAs: ['kev_due_at'],
  },
  {
    id: 'exploit_available',
    header: 'Exploit',
    width: 90,
    isExtra: true,
    cell: row => known(row.exploit_available),
    text: row => known(row.exploit_available),
    exportAs: ['exploit_available'],
  },
  {
    id: 'has_patch',
    header: 'Patch',
    width: 80,
    isExtra: true,
    cell: row => known(row.has_patch),
    text: row => known(row.has_patch),
    exportAs: ['has_patch'],
  },
]

function known(fact: boolean | null): string {
  return fact === null ? '' : fact ? 'yes' : 'no'
}

/** What matters of a row where there is no room for columns. */
export function PluginCard({ row }: { row: FindingPlugin }) {
  return (
    <div>
      <div className={cards.title}>
        <SeverityMark severity={row.severity} />
        <PluginLink row={row} />
      </div>
      <dl className={styles.cardFacts}>
        {pluginColumns
          .filter(column => onCard.has(column.id))
          .map(column => (
            <div key={column.id}>
              <dt>{column.header}</dt>
              <dd>{column.cell(row)}</dd>
            </div>
          ))}
      </dl>
    </div>
  )
}

const onCard: ReadonlySet<string> = new Set(['vpr_score', 'affected_assets', 'findings', 'first_found'])

function Affected({ assets }: { assets: number }) {
  const estate = useQuery(assetStatisticsQuery()).data?.total
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
