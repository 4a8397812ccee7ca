import { Skeleton } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Json } from '../../../domain/json.ts'
import { Section } from '../../components/details-panel.tsx'
import { Ago } from '../../components/instant.tsx'
import { LoadMore } from '../../components/list/load-more.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { rowsOf } from '../../lib/queries.ts'
import { pluginChangesQuery } from '../../lib/vulnerability-queries.ts'
import styles from './finding-history.module.css'

/** What the vendor changed in the plugin, as far as it was read here. */
export function PluginChanges({ pluginId }: { pluginId: number }) {
  const query = useInfiniteQuery(pluginChangesQuery(pluginId))
  return (
    <Section title="Changes of the plugin">
      <QueryView
        query={query}
        skeleton={<Skeleton height={60} />}
        isEmpty={data => data.pages[0]?.items.length === 0}
        empty={<p className="dim">Unchanged since it was first read.</p>}
      >
        {data => (
          <>
            <ol className={styles.events}>
              {rowsOf(data).rows.map(change => (
                <li key={change.run_id} className={styles.event}>
                  <span className={styles.when}>
                    <Ago at={change.recorded_at} />
                  </span>
                  <span>
                    {change.changes.map(({ column, before, after }) => (
                      <div key={column}>
                        {column.replaceAll('_', ' ')}: <Value value={before} /> → <Value value={after} />
                      </div>
                    ))}
                    <Link to="/admin/tenable/sync/$id" params={{ id: String(change.run_id) }} className={styles.run}>
                      run {change.run_id}
                    </Link>
                  </span>
                </li>
              ))}
            </ol>
            <LoadMore more={query} mt="sm" />
          </>
        )}
      </QueryView>
    </Section>
  )
}

const shownAtMost = 160

function Value({ value }: { value: Json }) {
  if (value === null || value === '') return <span className="dim">nothing</span>
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return <OutsideName text={text.length > shownAtMost ? `${text.slice(0, shownAtMost)}…` : text} />
}
