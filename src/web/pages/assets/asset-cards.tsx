import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { AssetStatistics } from '../../../contract/statistics.ts'
import { Ago } from '../../components/instant.tsx'
import { ProblemView } from '../../components/problem-view.tsx'
import { type AssetSearch, assetStatusLabels, cloudLabels } from '../../lib/asset-search.ts'
import { count } from '../../lib/format.ts'
import { assetStatisticsQuery } from '../../lib/queries.ts'
import styles from './asset-cards.module.css'

const clouds = ['aws', 'azure', 'gcp', 'on_premise'] as const
const gone = ['deleted', 'terminated', 'aged_out'] as const

/** The estate in a few numbers, each the door to its rows; whatever the filter. */
export function AssetCards() {
  const { data, error, refetch, isFetching } = useQuery(assetStatisticsQuery())
  if (data === undefined && error)
    return <ProblemView error={error} onRetry={() => void refetch()} isRetrying={isFetching} />
  return (
    <ul className={styles.cards} aria-label="The estate" aria-busy={data === undefined}>
      <Card title="Live assets">{data && <Door search={{}} value={data.total} isLarge />}</Card>
      <Card title="With an agent">
        {data && (
          <>
            <Door search={{ has_agent: true }} value={data.with_agent} isLarge />
            <span className="dim">{share(data.with_agent, data.total)}</span>
          </>
        )}
      </Card>
      <Card title="Where they run">
        {data && (
          <div className={styles.parts}>
            {clouds.map(cloud => (
              <span key={cloud}>
                <Door search={{ cloud: [cloud] }} value={data.by_cloud[cloud]} name={cloudLabels[cloud]} />
              </span>
            ))}
          </div>
        )}
      </Card>
      <Card title="Left out">{data && <LeftOut statistics={data} />}</Card>
      <Card title="Last sync">
        {data && (
          <Link to="/admin/tenable/sync" className={styles.large}>
            <Ago at={data.last_sync_at} fallback="never" />
          </Link>
        )}
      </Card>
    </ul>
  )
}

function LeftOut({ statistics: { left_out: out, by_status } }: { readonly statistics: AssetStatistics }) {
  const aside = { include: ['unlicensed', 'untracked'] } as const satisfies AssetSearch
  const parts: readonly { readonly name: string; readonly value: number; readonly search: AssetSearch }[] = [
    { name: 'unlicensed', value: out.unlicensed, search: { is_licensed: false, include: ['untracked'] } },
    { name: 'untracked', value: out.untracked, search: { is_tracked: false } },
    { name: 'out of scope', value: out.out_of_scope, search: { is_out_of_scope: true, ...aside } },
    ...gone.map(one => ({
      name: assetStatusLabels[one].toLowerCase(),
      value: by_status[one],
      search: { status: [one], include: [...aside.include, 'out_of_scope' as const] },
    })),
  ]
  const some = parts.filter(part => part.value > 0)
  if (some.length === 0) return <span className="dim">nothing</span>
  return (
    <div className={styles.parts}>
      {some.map(part => (
        <span key={part.name}>
          <Door {...part} />
        </span>
      ))}
    </div>
  )
}

interface DoorProps {
  readonly value: number
  readonly search: AssetSearch
  readonly name?: string
  readonly isLarge?: boolean
}

/** A number that leads to its rows; a zero leads nowhere. */
function Door({ value, search, name, isLarge = false }: DoorProps) {
  const words = name === undefined ? count(value) : `${count(value)} ${name}`
  if (value === 0) return <span className={isLarge ? styles.large : 'dim'}>{words}</span>
  return (
    <Link to="/assets/tenable" search={search} className={isLarge ? styles.large : undefined}>
      {words}
    </Link>
  )
}

function Card({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <li className={styles.card}>
      <span className={styles.title}>{title}</span>
      {children}
    </li>
  )
}

function share(part: number, whole: number): string {
  return whole === 0 ? '' : `${Math.round((part / whole) * 100)} % of them`
}
