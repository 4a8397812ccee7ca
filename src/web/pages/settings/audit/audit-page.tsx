import { Button, TextInput } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { Empty } from '../../../components/empty.tsx'
import { DataList } from '../../../components/list/data-list.tsx'
import { ExportMenu } from '../../../components/list/export-menu.tsx'
import { ListTools } from '../../../components/list/list-tools.tsx'
import { ListSkeleton } from '../../../components/list/skeleton.tsx'
import { useListView } from '../../../components/list/use-list-view.ts'
import { PageFrame, SentenceSkeleton } from '../../../components/page.tsx'
import { QueryView } from '../../../components/query-view.tsx'
import { api } from '../../../lib/api.ts'
import { type AuditSearch, readAuditSearch } from '../../../lib/audit-search.ts'
import { auditQuery } from '../../../lib/console-queries.ts'
import { counted } from '../../../lib/format.ts'
import { useRememberSearch } from '../../../lib/list-preferences.ts'
import { rowsOf } from '../../../lib/queries.ts'
import styles from './audit.module.css'
import { AuditCard, AuditDetail, auditColumns } from './audit-columns.tsx'
import { VerifyChain } from './verify-chain.tsx'

const route = getRouteApi('/settings/audit')

/** Who did what, newest first; each event seals the one before it. */
export function AuditPage() {
  const search = route.useSearch()
  const query = useInfiniteQuery(auditQuery(search))
  const total = query.isPlaceholderData ? undefined : query.data?.pages[0]
  const view = useListView('audit', auditColumns)
  useRememberSearch('audit', search)
  const navigate = useNavigate()
  const apply = (next: AuditSearch) => void navigate({ to: '/settings/audit', search: next })
  return (
    <PageFrame
      title="Audit"
      sentence={
        total?.total === undefined
          ? !query.error && <SentenceSkeleton />
          : sentenceOf(total.total, total.total_is_exact !== false, Object.keys(search).length > 0)
      }
      actions={<VerifyChain />}
    >
      <Filters key={JSON.stringify(search)} search={search} />
      <div className={styles.tools}>
        <ListTools view={view} search={{ ...search }} onApply={next => apply(readAuditSearch(next))} />
        <ExportMenu
          label="Export the audit"
          what="Every event of this filter"
          href={format => api.url('exportAudit', { query: { ...search, format } })}
          isMain
        />
      </div>
      <QueryView
        query={query}
        skeleton={<ListSkeleton rowHeight={view.rowHeight} />}
        isEmpty={data => data.pages[0]?.items.length === 0}
        empty={<Empty title="No event matches.">Drop a part of the filter to see more.</Empty>}
      >
        {data => (
          <DataList
            label="Audit events"
            columns={view.columns}
            rows={rowsOf(data).rows}
            rowKey={row => String(row.id)}
            rowName={row => `event ${row.id}, ${row.action}`}
            rowHeight={view.rowHeight}
            expansion={{ label: row => `Details of event ${row.id}`, content: row => <AuditDetail row={row} /> }}
            card={row => <AuditCard row={row} />}
            total={total?.total}
            more={query}
          />
        )}
      </QueryView>
    </PageFrame>
  )
}

function sentenceOf(total: number, isExact: boolean, isFiltered: boolean): string {
  const number = `${isExact ? '' : 'At least '}${counted(total, 'event')}`
  return `${number}${isFiltered ? (total === 1 ? ' matches' : ' match') : ''}, each sealed by the next.`
}

const fields = [
  { key: 'action', label: 'Action', hint: 'source.changed, or source. for all of a kind', type: 'text' },
  { key: 'actor', label: 'Who', hint: 'the whole name', type: 'text' },
  { key: 'subject', label: 'To what', hint: 'source:3, run:17', type: 'text' },
  { key: 'recorded_from', label: 'From', hint: 'a day, included', type: 'date' },
  { key: 'recorded_to', label: 'Before', hint: 'a day, not included', type: 'date' },
] as const satisfies readonly { key: keyof AuditSearch; label: string; hint: string; type: string }[]

function Filters({ search }: { search: AuditSearch }) {
  const [typed, setTyped] = useState<AuditSearch>(search)
  const navigate = useNavigate()
  const apply = (event: FormEvent) => {
    event.preventDefault()
    const wanted = Object.fromEntries(Object.entries(typed).filter(([, value]) => value !== undefined && value !== ''))
    void navigate({ to: '/settings/audit', search: wanted })
  }
  return (
    <form onSubmit={apply} className={styles.filters} aria-label="Filter" autoComplete="off">
      {fields.map(({ key, label, hint, type }) => (
        <TextInput
          key={key}
          label={label}
          description={hint}
          type={type}
          maxLength={100}
          value={typed[key] ?? ''}
          onChange={event => setTyped({ ...typed, [key]: event.currentTarget.value })}
        />
      ))}
      <div className={styles.buttons}>
        <Button type="submit" size="sm">
          Filter
        </Button>
        {Object.keys(search).length > 0 && (
          <Button size="sm" variant="default" onClick={() => void navigate({ to: '/settings/audit', search: {} })}>
            Clear
          </Button>
        )}
      </div>
    </form>
  )
}
