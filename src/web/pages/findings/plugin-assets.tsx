import { ActionIcon, Skeleton } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Fragment, useState } from 'react'
import type { FindingView } from '../../../contract/findings.ts'
import type { PluginAsset } from '../../../contract/plugins.ts'
import { Section } from '../../components/details-panel.tsx'
import { Icon } from '../../components/icons.tsx'
import { Ago } from '../../components/instant.tsx'
import { LoadMore } from '../../components/list/load-more.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { PlainTable } from '../../components/plain-table.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { SeverityMark } from '../../components/severity-mark.tsx'
import { StateLabel } from '../../components/state-label.tsx'
import { count } from '../../lib/format.ts'
import { findingQuery, rowsOf } from '../../lib/queries.ts'
import { pluginAssetsQuery, pluginOnAssetQuery } from '../../lib/vulnerability-queries.ts'
import { OutputText } from './output-text.tsx'
import styles from './plugin-assets.module.css'
import { portName } from './port-name.ts'

/** Which assets have it, and what it wrote on each. */
export function PluginAssets({ pluginId }: { pluginId: number }) {
  const query = useInfiniteQuery(pluginAssetsQuery(pluginId))
  const [opened, setOpened] = useState<number>()
  return (
    <Section title="Affected assets">
      <QueryView
        query={query}
        skeleton={<Skeleton height={160} />}
        isEmpty={data => data.pages[0]?.items.length === 0}
        empty={<p className="dim">Open on no asset of the default count.</p>}
      >
        {data => {
          const { rows, first } = rowsOf(data)
          return (
            <>
              <PlainTable
                label="Affected assets"
                className={styles.assets}
                columns={['Output', 'Asset', 'State', 'Ports', ['Findings'], 'Last found']}
              >
                {rows.map(row => (
                  <AssetRow
                    key={row.id}
                    row={row}
                    pluginId={pluginId}
                    isOpen={opened === row.id}
                    onToggle={() => setOpened(opened === row.id ? undefined : row.id)}
                  />
                ))}
              </PlainTable>
              <p className="dim" style={{ margin: '6px 0 0' }}>
                {count(rows.length)} of {first?.total === undefined ? count(rows.length) : count(first.total)} shown
              </p>
              <LoadMore more={query} mt="sm" />
            </>
          )
        }}
      </QueryView>
    </Section>
  )
}

interface AssetRowProps {
  readonly row: PluginAsset
  readonly pluginId: number
  readonly isOpen: boolean
  readonly onToggle: () => void
}

function AssetRow({ row, pluginId, isOpen, onToggle }: AssetRowProps) {
  return (
    <Fragment>
      <tr data-open={isOpen || undefined}>
        <td>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            aria-expanded={isOpen}
            aria-label={`Output on ${row.name}`}
            onClick={onToggle}
          >
            <Icon name={isOpen ? 'down' : 'next'} />
          </ActionIcon>
        </td>
        <td>
          <SeverityMark severity={row.severity} />{' '}
          <Link to="/assets/tenable/$id" params={{ id: String(row.id) }}>
            <OutsideName text={row.name} />
          </Link>
        </td>
        <td>
          <StateLabel state={row.state} />
        </td>
        <td className="mono">{portsOf(row)}</td>
        <td className="number">
          <Link to="/vulnerabilities/tenable" search={{ plugin_id: [pluginId], asset_id: [row.id] }}>
            {count(row.findings)}
          </Link>
        </td>
        <td>
          <Ago at={row.last_found} />
        </td>
      </tr>
      {isOpen && (
        <tr>
          <td colSpan={6}>
            <Outputs pluginId={pluginId} assetId={row.id} />
          </td>
        </tr>
      )}
    </Fragment>
  )
}

function portsOf(row: PluginAsset): string {
  const names = [...new Set(row.ports.map(portName))]
  return names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
}

/** Of each of its findings there. */
function Outputs({ pluginId, assetId }: { pluginId: number; assetId: number }) {
  const query = useQuery(pluginOnAssetQuery(pluginId, assetId))
  return (
    <QueryView query={query} skeleton={<Skeleton height={60} />}>
      {data => (
        <div className={styles.outputs}>
          {data.items.map(finding => (
            <Output key={finding.id} finding={finding} />
          ))}
        </div>
      )}
    </QueryView>
  )
}

function Output({ finding }: { finding: FindingView }) {
  const query = useQuery(findingQuery(finding.id))
  return (
    <div>
      <div className={styles.outputHead}>
        <span className="mono">{portName(finding)}</span>
        <Link to="/vulnerabilities/tenable/$id" params={{ id: finding.id }} search={true} resetScroll={false}>
          Finding
        </Link>
      </div>
      <QueryView
        query={query}
        skeleton={<Skeleton height={60} />}
        isEmpty={data => data.output === null || data.output === ''}
        empty={<p className="dim">The plugin wrote no output here.</p>}
      >
        {data => <OutputText label={`Output at ${portName(finding)}`} text={data.output ?? ''} />}
      </QueryView>
    </div>
  )
}
