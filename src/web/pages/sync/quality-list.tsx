import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Empty } from '../../components/empty.tsx'
import { Ago } from '../../components/instant.tsx'
import { LoadMore } from '../../components/list/load-more.tsx'
import { ListSkeleton } from '../../components/list/skeleton.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { qualityIssuesQuery, rowsOf } from '../../lib/queries.ts'
import styles from './sync.module.css'

/** Records that were kept though something in them is impossible. */
export function QualityList() {
  const query = useInfiniteQuery(qualityIssuesQuery())
  return (
    <QueryView
      query={query}
      skeleton={<ListSkeleton rows={4} rowHeight={40} />}
      isEmpty={data => data.pages[0]?.items.length === 0}
      empty={<Empty title="No odd records.">Nothing impossible was found in what was read.</Empty>}
    >
      {data => (
        <>
          <ul className={styles.records}>
            {rowsOf(data).rows.map(row => (
              <li key={row.id} className={styles.record}>
                <div>
                  <span className="mono">{row.field}</span>: <OutsideName text={row.problem} />
                </div>
                <div className="dim">
                  {row.stream} <OutsideName text={row.record} />,{' '}
                  <Link to="/admin/tenable/sync/$id" params={{ id: String(row.run_id) }} search={true}>
                    run {row.run_id}
                  </Link>
                  , <Ago at={row.recorded_at} />
                </div>
              </li>
            ))}
          </ul>
          <LoadMore more={query} mt="sm" />
        </>
      )}
    </QueryView>
  )
}
