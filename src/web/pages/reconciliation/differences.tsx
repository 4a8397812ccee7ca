import { Skeleton, TextInput } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { Comparison, Difference, Pair } from '../../../contract/reconciliation.ts'
import { Empty } from '../../components/empty.tsx'
import { ExportMenu } from '../../components/list/export-menu.tsx'
import { LoadMore } from '../../components/list/load-more.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { Panel } from '../../components/panel.tsx'
import { PlainTable } from '../../components/plain-table.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { SeverityLabel } from '../../components/severity-mark.tsx'
import { api } from '../../lib/api.ts'
import { count, counted } from '../../lib/format.ts'
import { differenceFilter, differencesQuery } from '../../lib/reconciliation-queries.ts'
import type { ReconciliationSearch } from '../../lib/reconciliation-search.ts'
import styles from './reconciliation.module.css'

/** The causes, each a door to its differences, and those. */
export function Differences({ pair, search }: { pair: Pair; search: ReconciliationSearch }) {
  const { comparison } = pair
  if (!comparison) return <Empty title="Nothing was compared yet." />
  return (
    <>
      <Causes pair={pair} comparison={comparison} search={search} />
      {comparison.has_differences && <List pair={pair} comparison={comparison} search={search} />}
    </>
  )
}

interface CausesProps {
  readonly pair: Pair
  readonly comparison: Comparison
  readonly search: ReconciliationSearch
}

function Causes({ pair, comparison, search }: CausesProps) {
  const { assets, findings, causes, timing_before: before } = comparison
  return (
    <Panel title="Why they differ">
      <div className={styles.part}>
        {findings && assets && (
          <div>
            {`Open in ${pair.files_source}: ${counted(findings.files, 'finding')} of ${counted(assets.files, 'asset')}. `}
            {`Open in ${pair.api_source}: ${counted(findings.api, 'finding')} of ${counted(assets.api, 'asset')}.`}
          </div>
        )}
        {causes.length === 0 && <div>They do not differ.</div>}
        <nav aria-label="Causes" className={styles.causes}>
          {causes.map(one => (
            <Link
              key={one.cause}
              to="/reconciliation"
              search={search.cause === one.cause ? { pair: pair.id } : { pair: pair.id, cause: one.cause }}
              className={styles.cause}
              data-open={one.is_open || undefined}
              aria-current={search.cause === one.cause ? 'true' : undefined}
              resetScroll={false}
            >
              <span className={styles.number}>{count(one.findings)}</span>
              <span>{one.name}</span>
              {one.assets > 0 && <span className="dim">{counted(one.assets, 'whole asset')}</span>}
            </Link>
          ))}
        </nav>
        {before !== null && before.total > 0 && (
          <div className="dim">
            {`Of ${counted(before.total, 'difference')} that the comparison before put down to time, ${count(before.gone)} ${before.gone === 1 ? 'is' : 'are'} gone, ${count(before.explained)} ${before.explained === 1 ? 'has' : 'have'} another cause now, and ${count(before.waiting)} ${before.waiting === 1 ? 'waits' : 'wait'} for the next reading.`}
          </div>
        )}
      </div>
    </Panel>
  )
}

const route = getRouteApi('/reconciliation')

function List({ pair, comparison, search }: CausesProps) {
  const query = useInfiniteQuery(differencesQuery(comparison.id, search))
  const navigate = route.useNavigate()
  const first = query.data?.pages[0]
  const cause = comparison.causes.find(one => one.cause === search.cause)
  return (
    <Panel
      title={cause ? `Differences: ${cause.name}` : 'All differences'}
      aside={
        <ExportMenu
          label="Export differences"
          isMain
          href={format =>
            api.url('exportDifferences', {
              params: { id: comparison.id },
              query: { ...differenceFilter(search), format },
            })
          }
        />
      }
    >
      <div className={styles.part}>
        <TextInput
          label="Part of the asset’s name"
          defaultValue={search.q ?? ''}
          w={280}
          maw="100%"
          onChange={event => {
            const { value } = event.currentTarget
            void navigate({
              search: ({ q: _before, ...others }) => (value === '' ? others : { ...others, q: value }),
              replace: true,
            })
          }}
        />
        <QueryView
          query={query}
          skeleton={<Skeleton height={240} />}
          isEmpty={() => first?.items.length === 0}
          empty={<Empty title="None matches." />}
        >
          {data => (
            <>
              <PlainTable
                label="Differences"
                className={styles.table}
                columns={['Asset', 'What', 'Severity', 'Who has it', 'Cause', 'Evidence']}
              >
                {data.pages
                  .flatMap(page => page.items)
                  .map(row => (
                    <Row key={row.no} row={row} pair={pair} />
                  ))}
              </PlainTable>
              <LoadMore more={query} mt="sm" />
            </>
          )}
        </QueryView>
      </div>
    </Panel>
  )
}

function Row({ row, pair }: { row: Difference; pair: Pair }) {
  const assetId = row.api_asset_id ?? row.files_asset_id
  return (
    <tr>
      <td data-label="Asset" className={styles.outside}>
        {assetId === null ? (
          '–'
        ) : (
          <Link to="/assets/tenable/$id" params={{ id: String(assetId) }} search={true}>
            <OutsideName text={row.asset ?? String(assetId)} />
          </Link>
        )}
      </td>
      <td data-label="What" className={styles.outside}>
        {row.level === 'asset' ? (
          `the whole asset: ${counted(Math.max(row.files_count ?? 0, row.api_count ?? 0), 'open finding')}`
        ) : (
          <span>
            <OutsideName text={row.plugin ?? 'no name'} /> ({row.plugin_id}), {row.port}/{row.protocol}
          </span>
        )}
      </td>
      <td data-label="Severity">{row.severity === null ? '–' : <SeverityLabel severity={row.severity} />}</td>
      <td data-label="Who has it">{whoHas(row, pair)}</td>
      <td data-label="Cause" className={styles.name}>
        {row.cause_name}
      </td>
      <td data-label="Evidence" className={styles.reason}>
        <OutsideName text={row.reason} />
      </td>
    </tr>
  )
}

function whoHas({ kind }: Difference, pair: Pair): string {
  switch (kind) {
    case 'only_files':
      return `only ${pair.files_source}`
    case 'only_api':
      return `only ${pair.api_source}`
    case 'severity':
      return 'both, another severity'
    case 'state':
      return 'both, another state'
  }
}
