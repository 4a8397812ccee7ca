import type { AuditEventView } from '../../../../contract/audit.ts'
import { isJsonObject } from '../../../../domain/json.ts'
import { At } from '../../../components/instant.tsx'
import cards from '../../../components/list/card.module.css'
import type { Column } from '../../../components/list/column.ts'
import { OutsideName, OutsideText } from '../../../components/outside-text.tsx'

const actorKinds = {
  cli: 'command line',
  schedule: 'schedule',
  local: 'this machine',
  user: 'person',
  system: 'system',
} as const satisfies Record<AuditEventView['actor_kind'], string>

export const auditColumns: readonly Column<AuditEventView>[] = [
  {
    id: 'recorded_at',
    header: 'When',
    width: 168,
    cell: row => <At at={row.recorded_at} />,
    text: row => row.recorded_at,
  },
  {
    id: 'actor',
    header: 'Who',
    width: 170,
    cell: row => (
      <span title={`${row.actor}, ${actorKinds[row.actor_kind]}`}>
        <OutsideName text={row.actor} /> <span className="dim">{actorKinds[row.actor_kind]}</span>
      </span>
    ),
    text: row => row.actor,
  },
  {
    id: 'action',
    header: 'What',
    width: 200,
    cell: row => <span className="mono">{row.action}</span>,
    text: row => row.action,
  },
  {
    id: 'subject',
    header: 'To what',
    width: 180,
    from: 760,
    cell: row => (
      <span className="mono" title={row.subject}>
        <OutsideName text={row.subject} />
      </span>
    ),
    text: row => row.subject,
  },
  {
    id: 'detail',
    header: 'Details',
    cell: row => (
      <span title={summaryOf(row)}>
        <OutsideName text={summaryOf(row)} />
      </span>
    ),
    text: row => JSON.stringify(row.detail),
  },
  {
    id: 'hash',
    header: 'Seal',
    hint: 'SHA-256 over this event and the seal before it',
    width: 160,
    isExtra: true,
    cell: row => (
      <span className="mono" title={row.hash}>
        {row.hash}
      </span>
    ),
    text: row => row.hash,
  },
]

/** What matters of an event where there is no room for columns. */
export function AuditCard({ row }: { row: AuditEventView }) {
  return (
    <div>
      <div className={cards.title}>
        <span className="mono">{row.action}</span>
      </div>
      <div className={cards.line}>
        <span>
          <OutsideName text={row.actor} /> <span className="dim">{actorKinds[row.actor_kind]}</span>
        </span>
        <span className="dim">
          <At at={row.recorded_at} />
        </span>
      </div>
      <div className={cards.line}>
        <span className="mono">
          <OutsideName text={row.subject} />
        </span>
      </div>
    </div>
  )
}

/** Everything an event told, and its seal. */
export function AuditDetail({ row }: { row: AuditEventView }) {
  return (
    <>
      <OutsideText label={`Details of event ${row.id}`} text={JSON.stringify(row.detail, null, 2)} />
      <p className="mono dim" style={{ margin: '8px 0 0', overflowWrap: 'anywhere' }}>
        event {row.id}, sealed with {row.hash}
      </p>
    </>
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
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}
