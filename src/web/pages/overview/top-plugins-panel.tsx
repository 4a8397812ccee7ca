import { Button, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { FindingPlugin } from '../../../contract/vulnerabilities.ts'
import { pluginName } from '../../../domain/plugin-name.ts'
import { OutsideName } from '../../components/outside-text.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { SeverityMark } from '../../components/severity-mark.tsx'
import { saveCsv } from '../../lib/csv.ts'
import type { FindingSearch } from '../../lib/finding-search.ts'
import { count, score } from '../../lib/format.ts'
import { topPluginsQuery } from '../../lib/vulnerability-queries.ts'
import styles from './overview.module.css'

const considered: FindingSearch = { severity: ['critical', 'high'] }
const shown = 10

/** What to mend first: the plugins whose remedy takes away most. */
export function TopPluginsPanel() {
  const query = useQuery(topPluginsQuery(considered, shown))
  return (
    <Panel
      title={`Top ${shown} by risk removed`}
      aside={
        <>
          <Button
            variant="subtle"
            size="compact-xs"
            aria-label="Top 10 by risk removed: CSV"
            onClick={() => save(query.data?.items ?? [])}
          >
            CSV
          </Button>
          <Link to="/vulnerabilities/tenable" search={{ ...considered, by: 'plugin', plugin_sort: '-risk' }}>
            All
          </Link>
        </>
      }
    >
      <QueryView
        query={query}
        skeleton={<Skeleton height={340} />}
        isEmpty={data => data.items.length === 0}
        empty={<p className="dim">No open critical or high findings.</p>}
      >
        {data => <TopPlugins rows={data.items} />}
      </QueryView>
    </Panel>
  )
}

function TopPlugins({ rows }: { rows: readonly FindingPlugin[] }) {
  return (
    <>
      <table className={`${styles.counts} ${styles.top}`} aria-label="Top 10 by risk removed">
        <thead>
          <tr>
            <th scope="col">Plugin</th>
            <th scope="col" title="Vulnerability Priority Rating">
              VPR
            </th>
            <th scope="col">Assets</th>
            <th scope="col">Findings</th>
            <th scope="col" title="VPR times findings">
              Risk
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(row => (
            <tr key={`${row.plugin_id}/${row.owner_source_id}`}>
              <th scope="row">
                <SeverityMark severity={row.severity} />{' '}
                <Link
                  to="/vulnerabilities/tenable/plugins/$plugin"
                  params={{ plugin: String(row.plugin_id) }}
                  search={{ ...considered, by: 'plugin', plugin_sort: '-risk' }}
                >
                  <OutsideName text={pluginName(row.name, row.plugin_id)} />
                </Link>
                {row.is_kev && <strong> KEV</strong>}
              </th>
              <td>{score(row.vpr_score)}</td>
              <td>{count(row.affected_assets)}</td>
              <td>
                <Link to="/vulnerabilities/tenable" search={{ ...considered, plugin_id: [row.plugin_id] }}>
                  {count(row.findings)}
                </Link>
              </td>
              <td>{count(Math.round(row.risk))}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className={styles.note}>
        Risk: VPR, or CVSS v3 where there is none, times the open critical and high findings.
      </p>
    </>
  )
}

function save(rows: readonly FindingPlugin[]): void {
  saveCsv(
    'top-plugins-by-risk.csv',
    ['plugin_id', 'name', 'severity', 'vpr_score', 'affected_assets', 'findings', 'risk'],
    rows.map(row => [
      row.plugin_id,
      row.name,
      row.severity,
      row.vpr_score,
      row.affected_assets,
      row.findings,
      row.risk,
    ]),
  )
}
