import { SegmentedControl, Skeleton } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { pluginName } from '../../../domain/plugin-name.ts'
import { Section } from '../../components/details-panel.tsx'
import { Ago } from '../../components/instant.tsx'
import { LoadMore } from '../../components/list/load-more.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { SeverityMark } from '../../components/severity-mark.tsx'
import { StateLabel } from '../../components/state-label.tsx'
import { counted } from '../../lib/format.ts'
import { type AssetFindingsShown, assetFindingsQuery, rowsOf } from '../../lib/queries.ts'
import { portName } from '../findings/port-name.ts'
import styles from './asset-findings.module.css'

const choices = [
  { value: 'open', label: 'Open' },
  { value: 'fixed', label: 'Fixed' },
  { value: 'all', label: 'All' },
] as const satisfies readonly { value: AssetFindingsShown; label: string }[]

const nothing = { open: 'No open findings.', fixed: 'Nothing fixed yet.', all: 'No findings.' } as const

/** The findings of one asset, each with its own page. */
export function AssetFindings({ id, assetId }: { id: string; assetId: number }) {
  const [shown, setShown] = useState<AssetFindingsShown>('open')
  const query = useInfiniteQuery(assetFindingsQuery(id, shown))
  return (
    <Section
      title="Findings"
      aside={
        <SegmentedControl
          size="xs"
          aria-label="Which findings"
          value={shown}
          data={[...choices]}
          onChange={value => setShown(choices.find(choice => choice.value === value)?.value ?? 'open')}
        />
      }
    >
      <QueryView
        query={query}
        skeleton={<Skeleton height={160} />}
        isEmpty={data => data.pages[0]?.items.length === 0}
        empty={<p className="dim">{nothing[shown]}</p>}
      >
        {data => {
          const { rows, first } = rowsOf(data)
          return (
            <>
              <ul className={styles.findings}>
                {rows.map(row => (
                  <li key={row.id} className={styles.finding}>
                    <SeverityMark severity={row.severity} />
                    <Link to="/vulnerabilities/tenable/$id" params={{ id: row.id }} search={{ asset_id: [assetId] }}>
                      <OutsideName text={pluginName(row.plugin_name, row.plugin_id)} />
                    </Link>
                    <span className="mono dim">{portName(row)}</span>
                    <StateLabel state={row.state} endCause={row.end_cause} />
                    <span className="dim">
                      <Ago at={row.last_found} />
                    </span>
                  </li>
                ))}
              </ul>
              <div className={styles.foot}>
                <LoadMore more={query} />
                <Link to="/vulnerabilities/tenable" search={searchOf(assetId, shown)}>
                  {first?.total === undefined ? 'All' : `All ${counted(first.total, 'finding')}`} in Vulnerabilities
                </Link>
              </div>
            </>
          )
        }}
      </QueryView>
    </Section>
  )
}

function searchOf(assetId: number, shown: AssetFindingsShown) {
  const asset_id = [assetId]
  if (shown === 'fixed') return { asset_id, state: ['fixed' as const] }
  return shown === 'all' ? { asset_id, include: ['all' as const] } : { asset_id }
}
