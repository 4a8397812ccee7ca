import { Button, Skeleton, TextInput } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import type { AuditEventView } from '../../../../contract/audit.ts'
import { isJsonObject } from '../../../../domain/json.ts'
import { Empty } from '../../../components/empty.tsx'
import { At } from '../../../components/instant.tsx'
import { LoadMore } from '../../../components/list/load-more.tsx'
import { OutsideName, OutsideText } from '../../../components/outside-text.tsx'
import { PageFrame } from '../../../components/page.tsx'
import { PlainTable } from '../../../components/plain-table.tsx'
import { QueryView } from '../../../components/query-view.tsx'
import type { AuditSearch } from '../../../lib/audit-search.ts'
import { auditQuery } from '../../../lib/console-queries.ts'
import { count } from '../../../lib/format.ts'
import { rowsOf } from '../../../lib/queries.ts'
import settings from '../settings.module.css'
import styles from './audit.module.css'
import { VerifyChain } from './verify-chain.tsx'

const route = getRouteApi('/settings/audit')

/** Who did what, newest first; each event seals the one before it. */
export function AuditPage() {
  const search = route.useSearch()
  const query = useInfiniteQuery(auditQuery(search))
  const total = query.data?.pages[0]
  return (
    <PageFrame
      title="Audit"
      sentence={
        total?.total !== undefined &&
        `${count(total.total)}${total.total_is_exact === false ? ' or more' : ''} events${Object.keys(search).length > 0 ? ' match' : ''}, each sealed by the next.`
      }
      actions={<VerifyChain />}
    >
      <Filters key={JSON.stringify(search)} search={search} />
      <QueryView
        query={query}
        skeleton={<Skeleton height={400} />}
        isEmpty={data => data.pages[0]?.items.length === 0}
        empty={<Empty title="No event matches.">Drop a part of the filter to see more.</Empty>}
      >
        {data => (
          <>
            <PlainTable
              label="Audit events"
              className={settings.table}
              columns={['When', 'Who', 'What', 'To what', 'Details']}
            >
              {rowsOf(data).rows.map(event => (
                <Row key={event.id} event={event} />
              ))}
            </PlainTable>
            <LoadMore more={query} mt="sm" />
          </>
        )}
      </QueryView>
    </PageFrame>
  )
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

const actorKinds = {
  cli: 'command line',
  schedule: 'schedule',
  local: 'this machine',
  user: 'person',
  system: 'system',
} as const satisfies Record<AuditEventView['actor_kind'], string>

function Row({ event }: { event: AuditEventView }) {
  return (
    <tr>
      <td data-label="When">
        <At at={event.recorded_at} />
      </td>
      <td data-label="Who">
        <div>
          <OutsideName text={event.actor} /> <span className="dim">{actorKinds[event.actor_kind]}</span>
        </div>
      </td>
      <td data-label="What" className="mono">
        {event.action}
      </td>
      <td data-label="To what" className="mono">
        <OutsideName text={event.subject} />
      </td>
      <td data-label="Details" className={styles.detail}>
        <details>
          <summary>
            <span className="only-spoken">{`Details of event ${event.id}: `}</span>
            <OutsideName text={summaryOf(event)} />
          </summary>
          <OutsideText label={`Details of event ${event.id}`} text={JSON.stringify(event.detail, null, 2)} />
          <p className="mono dim">
            event {event.id}, sealed with {event.hash}
          </p>
        </details>
      </td>
    </tr>
  )
}

function summaryOf({ detail }: AuditEventView): string {
  if (!isJsonObject(detail)) return String(detail)
  const { by: _by, ...told } = detail
  const parts = Object.entries(told).map(
    ([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  if (parts.length === 0) return 'nothing more'
  const text = parts.join(', ')
  return text.length > 90 ? `${text.slice(0, 90)}…` : text
}
