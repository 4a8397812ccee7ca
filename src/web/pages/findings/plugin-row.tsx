import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { PluginDetail } from '../../../contract/plugins.ts'
import type { FindingPlugin } from '../../../contract/vulnerabilities.ts'
import { Section } from '../../components/details-panel.tsx'
import { Facts } from '../../components/facts.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { chance, count } from '../../lib/format.ts'
import { pluginOwnersQuery, pluginQuery } from '../../lib/vulnerability-queries.ts'
import { Prose } from './plugin-facts.tsx'
import { FindingsDoor } from './plugin-links.tsx'
import styles from './plugin-list.module.css'

/** What to do about a plugin, and who is to do it, in the place of its row. */
export function PluginRow({ row }: { row: FindingPlugin }) {
  const query = useQuery(pluginQuery(row.plugin_id, row.owner_source_id === 0 ? undefined : row.owner_source_id))
  return (
    <div className={styles.row}>
      <QueryView query={query} skeleton={<Skeleton height={150} />}>
        {plugin => (
          <div className={styles.column}>
            {plugin.synopsis !== null && <Prose title="Synopsis" text={plugin.synopsis} />}
            {plugin.solution !== null && <Prose title="Solution" text={plugin.solution} isCopyable />}
            <ExploitFacts plugin={plugin} />
            <div className={styles.doors}>
              <FindingsDoor row={row}>All its findings</FindingsDoor>
              <Link
                to="/vulnerabilities/tenable/plugins/$plugin"
                params={{ plugin: String(row.plugin_id) }}
                search={true}
                resetScroll={false}
              >
                Details, vectors and history
              </Link>
            </div>
          </div>
        )}
      </QueryView>
      <Owners pluginId={row.plugin_id} />
    </div>
  )
}

export function ExploitFacts({ plugin }: { plugin: Omit<PluginDetail, 'counts'> }) {
  const { kev } = plugin.scores
  return (
    <Section title="Exploitation">
      <Facts
        facts={[
          ['Exploit', plugin.exploit_available === null ? null : plugin.exploit_available ? 'available' : 'none known'],
          ['Ease', plugin.exploitability_ease && <OutsideName text={plugin.exploitability_ease} />],
          [
            'Frameworks',
            plugin.exploit_frameworks.length > 0 && <OutsideName text={plugin.exploit_frameworks.join(', ')} />,
          ],
          ['Used by malware', plugin.exploited_by_malware && 'yes'],
          ['EPSS', plugin.epss_score !== null && chance(plugin.epss_score)],
          ['KEV', plugin.is_kev === null ? null : plugin.is_kev ? 'listed' : 'not listed'],
          ['Remedy due by CISA', kev.due_on],
          ['Used by ransomware', kev.is_ransomware && 'yes'],
        ]}
      />
    </Section>
  )
}

function Owners({ pluginId }: { pluginId: number }) {
  const query = useQuery(pluginOwnersQuery(pluginId))
  return (
    <Section title="Open, by owner of the assets">
      <QueryView
        query={query}
        skeleton={<Skeleton height={90} />}
        isEmpty={data => data.items.length === 0}
        empty={<p className="dim">Open on no asset of the default count.</p>}
      >
        {data => (
          <table className={styles.owners} aria-label={`Owners of the assets with plugin ${pluginId}`}>
            <thead>
              <tr>
                <th scope="col">Owner</th>
                <th scope="col">Assets</th>
                <th scope="col">Findings</th>
              </tr>
            </thead>
            <tbody>
              {data.items.map(({ owner, affected_assets, findings }) => (
                <tr key={owner ?? ''}>
                  <th scope="row">
                    {owner === null ? <span className="dim">nobody</span> : <OutsideName text={owner} />}
                  </th>
                  <td>{count(affected_assets)}</td>
                  <td>
                    <Link
                      to="/vulnerabilities/tenable"
                      search={{
                        plugin_id: [pluginId],
                        ...(owner === null ? { has_owner: false } : { owner: [owner] }),
                      }}
                    >
                      {count(findings)}
                    </Link>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </QueryView>
    </Section>
  )
}
