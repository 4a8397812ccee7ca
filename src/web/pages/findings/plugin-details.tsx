import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import type { PluginDetail } from '../../../contract/plugins.ts'
import { pluginName } from '../../../domain/plugin-name.ts'
import { DetailsPanel } from '../../components/details-panel.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { SeverityBar } from '../../components/severity-bar.tsx'
import { counted } from '../../lib/format.ts'
import { pluginQuery } from '../../lib/vulnerability-queries.ts'
import { PluginAssets } from './plugin-assets.tsx'
import { PluginChanges } from './plugin-changes.tsx'
import styles from './plugin-facts.module.css'
import { PluginFacts } from './plugin-facts.tsx'
import { PluginHistoryCharts } from './plugin-history.tsx'
import { ExploitFacts } from './plugin-row.tsx'

const route = getRouteApi('/vulnerabilities/tenable/plugins/$plugin')

/** Everything known of one plugin, and where it is open. */
export function PluginDetails() {
  const { plugin: id } = route.useParams()
  const navigate = useNavigate()
  const query = useQuery(pluginQuery(Number(id)))
  const plugin = query.data
  return (
    <DetailsPanel
      subject={id}
      title={plugin === undefined ? `Plugin ${id}` : <OutsideName text={pluginName(plugin.name, plugin.plugin_id)} />}
      onClose={() => void navigate({ to: '/vulnerabilities/tenable', search: true, resetScroll: false })}
    >
      <QueryView query={query} skeleton={<Skeleton height={420} />}>
        {data => <Facts plugin={data} />}
      </QueryView>
    </DetailsPanel>
  )
}

function Facts({ plugin }: { plugin: PluginDetail }) {
  const { counts, plugin_id: id } = plugin
  return (
    <div className={styles.sections}>
      <p style={{ margin: 0 }}>
        {counts.open_findings === 0 ? (
          'No open findings of the default count.'
        ) : (
          <>
            <Link to="/vulnerabilities/tenable" search={{ plugin_id: [id] }}>
              {counted(counts.open_findings, 'open finding')}
            </Link>{' '}
            on {counted(counts.affected_assets, 'asset')}.
          </>
        )}
      </p>
      {counts.open_findings > 0 && <SeverityBar counts={counts.open} />}
      <ExploitFacts plugin={plugin} />
      <PluginFacts plugin={plugin} />
      <PluginHistoryCharts pluginId={id} />
      <PluginAssets pluginId={id} />
      <PluginChanges pluginId={id} />
    </div>
  )
}
