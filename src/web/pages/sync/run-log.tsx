import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Section } from '../../components/details-panel.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { exact } from '../../lib/format.ts'
import { jobLogQuery } from '../../lib/queries.ts'
import styles from './sync.module.css'

const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })

export function RunLogView({ id }: { id: number }) {
  const query = useQuery(jobLogQuery(id))
  return (
    <Section title="Log">
      <QueryView
        query={query}
        skeleton={<Skeleton height={120} />}
        isEmpty={data => data.items.length === 0}
        empty={<p className="dim">Nothing logged.</p>}
      >
        {data => (
          <>
            <ol className={styles.log}>
              {data.items.map((entry, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: entries have no id and are only ever added at the end
                <li key={index} className={styles.entry} data-level={entry.level}>
                  <time dateTime={entry.at} title={exact(entry.at)}>
                    {time.format(Date.parse(entry.at))}
                  </time>
                  <span className="dim">{entry.stream ?? ''}</span>
                  <span>
                    {entry.level !== 'info' && <strong>{entry.level === 'warn' ? 'Warning: ' : 'Error: '}</strong>}
                    <OutsideName text={entry.message} />
                  </span>
                </li>
              ))}
            </ol>
            {data.is_truncated && <p className="dim">Only the newest part of the log is kept.</p>}
          </>
        )}
      </QueryView>
    </Section>
  )
}
