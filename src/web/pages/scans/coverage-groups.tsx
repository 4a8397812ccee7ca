import { Link } from '@tanstack/react-router'
import type { AssetFilter } from '../../../contract/filters.ts'
import type { ScanCoverage } from '../../../contract/scans.ts'
import { OutsideName } from '../../components/outside-text.tsx'
import { PlainTable } from '../../components/plain-table.tsx'
import { count } from '../../lib/format.ts'
import type { CoverageDimension } from '../../lib/scan-search.ts'
import styles from './scans.module.css'

type Gap = keyof ScanCoverage['filters']

interface GapView {
  readonly key: Gap
  readonly title: (days: number) => string
  readonly short: string
}

/** What may be missing, in the words of the pages. */
export const gaps: readonly GapView[] = [
  { key: 'not_scanned', title: days => `Not scanned in ${days} days`, short: 'Not lately' },
  { key: 'never_scanned', title: () => 'Never scanned', short: 'Never' },
  {
    key: 'not_scanned_with_credentials',
    title: days => `Not with credentials in ${days} days`,
    short: 'Not with credentials lately',
  },
  { key: 'never_scanned_with_credentials', title: () => 'Never with credentials', short: 'Never with credentials' },
]

interface Group {
  readonly key: string
  readonly name: string | null
  /** The list of assets with this has the rows of the group. */
  readonly filter: Partial<AssetFilter>
  readonly counts: ScanCoverage['total']
}

interface CoverageGroupsProps {
  readonly coverage: ScanCoverage
  readonly by: CoverageDimension
  readonly filter: Partial<AssetFilter>
}

/** The gaps of each group, the worst first; every number opens its assets. */
export function CoverageGroups({ coverage, by, filter }: CoverageGroupsProps) {
  const groups = groupsOf(coverage, by)
  if (groups.length === 0) return <p className="dim">No asset of this filter has any.</p>
  return (
    <>
      <PlainTable
        label={`Coverage by ${by === 'os' ? 'system' : by}`}
        className={styles.groups}
        columns={[titles[by], ['Assets'], ...gaps.map(gap => [gap.short] as const)]}
      >
        {groups.map(group => (
          <tr key={group.key}>
            <th scope="row">
              {group.name === null ? <span className="dim">{without[by]}</span> : <OutsideName text={group.name} />}
            </th>
            <td data-label="Assets" className="number">
              <Door value={group.counts.assets} filter={joined(filter, group.filter)} />
            </td>
            {gaps.map(gap => (
              <td key={gap.key} data-label={gap.short} className="number">
                <Door
                  value={group.counts[gap.key]}
                  filter={{ ...joined(filter, group.filter), ...coverage.filters[gap.key] }}
                />
              </td>
            ))}
          </tr>
        ))}
      </PlainTable>
      {groups.length === 200 && <p className="dim">The 200 with most gaps; the export has every one.</p>}
    </>
  )
}

const titles = { network: 'Network', os: 'Operating system', owner: 'Owner', tag: 'Tag' } as const
const without = {
  network: 'no network named',
  os: 'no system named',
  owner: 'nobody’s',
  tag: '',
} as const satisfies Record<CoverageDimension, string>

function groupsOf(coverage: ScanCoverage, by: CoverageDimension): readonly Group[] {
  switch (by) {
    case 'network':
      return coverage.by_network.map(({ network_id: id, network, ...counts }) =>
        group(network ?? id, id === null ? { has_network: false } : { network_id: [id] }, counts),
      )
    case 'os':
      return coverage.by_os.map(({ os, ...counts }) =>
        group(os, os === null ? { has_os: false } : { operating_system: [os] }, counts),
      )
    case 'owner':
      return coverage.by_owner.map(({ owner, ...counts }) =>
        group(owner, owner === null ? { has_owner: false } : { owner: [owner] }, counts),
      )
    case 'tag':
      return coverage.by_tag.map(({ tag, ...counts }) => group(tag, { tag: [tag] }, counts))
  }
}

function group(name: string | null, filter: Partial<AssetFilter>, counts: ScanCoverage['total']): Group {
  return { key: JSON.stringify(filter), name, filter, counts }
}

/** Tags must all be there; of everything else a group is narrower than what was asked. */
function joined(filter: Partial<AssetFilter>, own: Partial<AssetFilter>): Partial<AssetFilter> {
  return { ...filter, ...own, ...(own.tag ? { tag: [...new Set([...(filter.tag ?? []), ...own.tag])] } : {}) }
}

function Door({ value, filter }: { value: number; filter: Partial<AssetFilter> }) {
  if (value === 0) return <span className="dim">0</span>
  return (
    <Link to="/assets/tenable" search={filter}>
      {count(value)}
    </Link>
  )
}
