import { NumberInput, SegmentedControl, Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import type { AssetFilter } from '../../../contract/filters.ts'
import type { ScanCoverage } from '../../../contract/scans.ts'
import { assetQueryFields } from '../../../domain/query/index.ts'
import { AsOf } from '../../components/list/counting-note.tsx'
import { ExportMenu } from '../../components/list/export-menu.tsx'
import { FilterBar } from '../../components/list/filter-bar.tsx'
import { NothingYet } from '../../components/nothing-yet.tsx'
import { PageFrame, SentenceSkeleton } from '../../components/page.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { api } from '../../lib/api.ts'
import { assetFields } from '../../lib/asset-search.ts'
import { chipsOf } from '../../lib/filter-fields.ts'
import { count, counted } from '../../lib/format.ts'
import { coverageQuery } from '../../lib/scan-queries.ts'
import { type CoverageDimension, type CoverageSearch, defaultDays, readCoverageSearch } from '../../lib/scan-search.ts'
import { CoverageGroups, gaps } from './coverage-groups.tsx'
import { ScanTabs } from './scan-tabs.tsx'
import styles from './scans.module.css'

const route = getRouteApi('/scans/tenable/coverage')

const dimensions = [
  { value: 'network', label: 'Network' },
  { value: 'os', label: 'System' },
  { value: 'owner', label: 'Owner' },
  { value: 'tag', label: 'Tag' },
] as const satisfies readonly { value: CoverageDimension; label: string }[]

/** Which assets no scan has met lately, or none with credentials, and where they are. */
export function CoveragePage() {
  const search = route.useSearch()
  const { days = defaultDays, by = 'network', ...filter } = search
  const navigate = useNavigate()
  const query = useQuery(coverageQuery(search))
  const setSearch = (next: CoverageSearch) =>
    void navigate({ to: '/scans/tenable/coverage', search: readCoverageSearch(next), resetScroll: false })
  const coverage = query.data
  return (
    <PageFrame
      title="Scan coverage"
      context={coverage ? <AsOf at={coverage.as_of} level="source" /> : query.error ? undefined : ''}
      sentence={
        coverage ? sentenceOf(coverage, chipsOf(assetFields, filter).length > 0) : !query.error && <SentenceSkeleton />
      }
    >
      <ScanTabs />
      <FilterBar
        fields={assetFields}
        queryFields={assetQueryFields}
        filter={filter}
        onChange={next => setSearch({ ...readCoverageSearch(next), days, by })}
        searchLabel="Assets: name, address, FQDN or id"
        quick={<Days days={days} onChange={next => setSearch({ ...search, days: next })} />}
      />
      <QueryView
        query={query}
        skeleton={<Skeleton height={360} />}
        isEmpty={data => data.total.assets === 0 && Object.keys(filter).length === 0}
        empty={<NothingYet asOf={coverage?.as_of ?? null} allWell="The source has no assets." />}
      >
        {data => (
          <>
            <Gaps coverage={data} filter={filter} />
            <div style={{ height: 14 }} />
            <Panel
              title="Where they are"
              aside={
                <>
                  <SegmentedControl
                    size="xs"
                    aria-label="Grouped by"
                    value={by}
                    data={[...dimensions]}
                    onChange={value => setSearch({ ...search, by: dimensions.find(one => one.value === value)!.value })}
                  />
                  <ExportMenu
                    label="Export coverage"
                    isMain
                    href={format => api.url('exportScanCoverage', { query: { ...filter, days, by, format } })}
                  />
                </>
              }
            >
              <CoverageGroups coverage={data} by={by} filter={filter} />
            </Panel>
          </>
        )}
      </QueryView>
    </PageFrame>
  )
}

function Days({ days, onChange }: { days: number; onChange: (days: number) => void }) {
  return (
    <NumberInput
      aria-label="Not scanned for, in days"
      size="sm"
      w={150}
      min={1}
      max={3650}
      clampBehavior="blur"
      prefix="not in "
      suffix=" days"
      value={days}
      onChange={value => {
        if (typeof value === 'number' && value >= 1 && value <= 3650) onChange(Math.round(value))
      }}
    />
  )
}

function Gaps({ coverage, filter }: { coverage: ScanCoverage; filter: Partial<AssetFilter> }) {
  const { total, days } = coverage
  return (
    <ul className={styles.cards} aria-label="Gaps">
      <li className={styles.card}>
        <div className={styles.cardName}>Assets</div>
        <div className={styles.cardNumber}>
          <Link to="/assets/tenable" search={filter}>
            {count(total.assets)}
          </Link>
        </div>
        <div className={styles.cardNote}>in the default count, of this filter</div>
      </li>
      {gaps.map(gap => (
        <li key={gap.key} className={styles.card}>
          <div className={styles.cardName}>{gap.title(days)}</div>
          <div className={styles.cardNumber}>
            <Link to="/assets/tenable" search={{ ...filter, ...coverage.filters[gap.key] }}>
              {count(total[gap.key])}
            </Link>
          </div>
          <div className={styles.cardNote}>{shareOf(total[gap.key], total.assets)}</div>
        </li>
      ))}
    </ul>
  )
}

function sentenceOf({ total, days }: ScanCoverage, isFiltered: boolean): string {
  const missed = total.not_scanned + total.never_scanned
  if (total.assets === 0) return isFiltered ? 'No asset matches this filter.' : 'No assets yet.'
  if (missed === 0) return `Each of ${counted(total.assets, 'asset')} was scanned in the last ${counted(days, 'day')}.`
  return `${count(missed)} of ${counted(total.assets, 'asset')} ${missed === 1 ? 'was' : 'were'} not scanned in the last ${counted(days, 'day')}, ${count(total.never_scanned)} of them never.`
}

function shareOf(part: number, whole: number): string {
  if (whole === 0) return ''
  return `${new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 }).format(part / whole)} of them`
}
