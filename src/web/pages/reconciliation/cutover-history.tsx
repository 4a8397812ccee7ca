import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { Cutover } from '../../../contract/reconciliation.ts'
import { Empty } from '../../components/empty.tsx'
import { At } from '../../components/instant.tsx'
import { Panel } from '../../components/panel.tsx'
import { PlainTable } from '../../components/plain-table.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { count, counted } from '../../lib/format.ts'
import { cutoversQuery } from '../../lib/reconciliation-queries.ts'
import styles from './reconciliation.module.css'

/** Who signed which numbers, and what became of it. */
export function CutoverHistory() {
  const query = useQuery(cutoversQuery)
  return (
    <Panel title="Sign-offs">
      <QueryView
        query={query}
        skeleton={<Skeleton height={160} />}
        isEmpty={data => data.items.length === 0}
        empty={<Empty title="Nothing was signed yet." />}
      >
        {data => (
          <PlainTable
            label="Sign-offs"
            className={styles.table}
            columns={['Files', 'API', 'Signed', 'By', ['Agreed'], ['Not explained'], 'Now']}
          >
            {data.items.map(item => (
              <tr key={item.id}>
                <td data-label="Files">{item.files_source}</td>
                <td data-label="API">{item.api_source}</td>
                <td data-label="Signed">
                  <At at={item.signed_at} />
                </td>
                <td data-label="By">{item.signed_by}</td>
                <td data-label="Agreed" className="number">
                  {item.findings ? count(item.findings.agreed) : '–'}
                </td>
                <td data-label="Not explained" className="number">
                  {count(item.open_differences)}
                </td>
                <td data-label="Now" className={styles.reason}>
                  {fate(item)}
                </td>
              </tr>
            ))}
          </PlainTable>
        )}
      </QueryView>
    </Panel>
  )
}

function fate(item: Cutover): string {
  if (item.status === 'signed') {
    if (item.imports_open_because === 'outage') return 'Stands; files are taken while the API is out.'
    return item.imports_open_because === 'reopened' ? 'Stands; files are taken again.' : 'Stands; no files are taken.'
  }
  const { undo } = item
  const back = undo?.is_restored ? 'The files are as they were.' : 'The files are not as they were.'
  const undone =
    undo && undo.imports_undone.length > 0 ? ` ${counted(undo.imports_undone.length, 'import')} taken back.` : ''
  return `Undone by ${item.undone_by} (${item.undo_reason}). ${back}${undone}`
}
