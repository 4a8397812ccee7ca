import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Empty } from '../../components/empty.tsx'
import { Ago } from '../../components/instant.tsx'
import { LoadMore } from '../../components/list/load-more.tsx'
import { ListSkeleton } from '../../components/list/skeleton.tsx'
import { OutsideName, OutsideText } from '../../components/outside-text.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { rejectedQuery, rowsOf } from '../../lib/queries.ts'
import styles from './sync.module.css'

/** Records that could not be read, kept whole, with the reason. */
export function RejectedList() {
  const query = useInfiniteQuery(rejectedQuery())
  return (
    <QueryView
      query={query}
      skeleton={<ListSkeleton rows={4} rowHeight={40} />}
      isEmpty={data => data.pages[0]?.items.length === 0}
      empty={<Empty title="No rejected records.">Every record of every run could be read.</Empty>}
    >
      {data => (
        <>
          <ul className={styles.records}>
            {rowsOf(data).rows.map(row => (
              <li key={row.id} className={styles.record}>
                <details>
                  <summary>
                    <OutsideName text={row.reason} />{' '}
                    <span className="dim">
                      {row.stream}
                      {row.source !== null && (
                        <>
                          {' '}
                          of <OutsideName text={row.source} />
                        </>
                      )}
                      , chunk <OutsideName text={row.part_id} />, <Ago at={row.recorded_at} />
                    </span>
                  </summary>
                  <p>
                    From export <span className="mono">{row.export_id}</span> in{' '}
                    <Link to="/admin/tenable/sync/$id" params={{ id: String(row.run_id) }} search={true}>
                      run {row.run_id}
                    </Link>
                    . As received:
                  </p>
                  <OutsideText label="Record as received" text={row.raw} />
                </details>
              </li>
            ))}
          </ul>
          <LoadMore more={query} mt="sm" />
        </>
      )}
    </QueryView>
  )
}
