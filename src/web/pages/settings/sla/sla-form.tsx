import { Button, NumberInput, Switch } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import type { Sla, SlaEffect } from '../../../../contract/vulnerabilities.ts'
import type { Severity } from '../../../../domain/severity.ts'
import { defaultSlaDays } from '../../../../domain/sla.ts'
import { Ago } from '../../../components/instant.tsx'
import { OutsideName } from '../../../components/outside-text.tsx'
import { PlainTable } from '../../../components/plain-table.tsx'
import { ProblemView } from '../../../components/problem-view.tsx'
import { SeverityLabel } from '../../../components/severity-mark.tsx'
import { api } from '../../../lib/api.ts'
import { count, counted } from '../../../lib/format.ts'
import { slaEffectQuery } from '../../../lib/vulnerability-queries.ts'
import settings from '../settings.module.css'
import styles from './sla.module.css'

type Limit = Sla['items'][number]
/** Days, null for no limit, and text while it is no number yet. */
type Draft = Readonly<Record<Severity, number | string | null>>

const most = 3_650

interface SlaFormProps {
  readonly limits: readonly Limit[]
  /** What the limits that hold make overdue; undefined until it is counted. */
  readonly held: SlaEffect | undefined
  readonly mayChange: boolean
}

/** The limits, and what others would change before they are saved. */
export function SlaForm({ limits, held, mayChange }: SlaFormProps) {
  const [draft, setDraft] = useState<Draft>(() => draftOf(limits))
  const wanted = changesOf(limits, draft)
  const isSound = limits.every(({ severity }) => isLimit(draft[severity]))
  const isChanged = Object.keys(wanted).length > 0
  const [asked] = useDebouncedValue(isSound ? wanted : {}, 250)
  const preview = useQuery({ ...slaEffectQuery(asked), enabled: isChanged && isSound })
  const isAsked = JSON.stringify(asked) === JSON.stringify(wanted)
  const effect = isChanged ? (isAsked && !preview.isPlaceholderData ? preview.data : undefined) : held
  const client = useQueryClient()
  const save = useMutation({
    mutationFn: () => api.call('saveSla', { body: wanted }),
    // What is overdue is counted on nearly every page.
    onSuccess: () => client.invalidateQueries(),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isChanged && isSound) save.mutate()
  }
  const isDefault = limits.every(({ severity }) => draft[severity] === defaultSlaDays[severity])
  return (
    <form onSubmit={submit} aria-label="Limits" className={settings.form}>
      <PlainTable
        label="Limits by severity"
        className={`${settings.table} ${styles.table}`}
        columns={[
          'Severity',
          'May stay open',
          ['Open'],
          ['Overdue now'],
          ...(mayChange ? [['Overdue with this'] as const] : []),
          'Set',
        ]}
      >
        {limits.map(limit => (
          <Row
            key={limit.severity}
            limit={limit}
            value={draft[limit.severity]}
            now={held?.items.find(one => one.severity === limit.severity)}
            then={effect?.items.find(one => one.severity === limit.severity)}
            mayChange={mayChange}
            onChange={value => {
              save.reset()
              setDraft({ ...draft, [limit.severity]: value })
            }}
          />
        ))}
      </PlainTable>
      {mayChange && (
        <div className={styles.acts}>
          <Button type="submit" size="sm" disabled={!isChanged || !isSound} loading={save.isPending}>
            Save the limits
          </Button>
          {isChanged && (
            <Button size="sm" variant="default" onClick={() => setDraft(draftOf(limits))}>
              Undo
            </Button>
          )}
          {!isDefault && (
            <Button size="sm" variant="subtle" onClick={() => setDraft(defaultSlaDays)}>
              As it came
            </Button>
          )}
          <span role="status">
            {isChanged && isSound && (effect === undefined ? 'Counting what it would change.' : effectText(effect))}
          </span>
        </div>
      )}
      {preview.error && isChanged && <ProblemView error={preview.error} />}
      {save.error && <ProblemView error={save.error} />}
    </form>
  )
}

interface RowProps {
  readonly limit: Limit
  readonly value: number | string | null
  readonly now: SlaEffect['items'][number] | undefined
  readonly then: SlaEffect['items'][number] | undefined
  readonly mayChange: boolean
  readonly onChange: (value: number | string | null) => void
}

function Row({ limit, value, now, then, mayChange, onChange }: RowProps) {
  const { severity } = limit
  return (
    <tr>
      <td data-label="Severity">
        <SeverityLabel severity={severity} />
      </td>
      <td data-label="May stay open">
        {mayChange ? (
          <div className={styles.limit}>
            {value !== null && (
              <NumberInput
                aria-label={`Days that ${severity} may stay open`}
                suffix={value === 1 ? ' day' : ' days'}
                w={120}
                min={1}
                max={most}
                allowDecimal={false}
                allowNegative={false}
                clampBehavior="blur"
                error={isLimit(value) ? undefined : `1 to ${count(most)} days`}
                value={value}
                onChange={onChange}
              />
            )}
            <Switch
              size="sm"
              label="no limit"
              aria-label={`No limit for ${severity}`}
              checked={value === null}
              onChange={event => onChange(event.currentTarget.checked ? null : (limit.days ?? 180))}
            />
          </div>
        ) : limit.days === null ? (
          <span className="dim">no limit</span>
        ) : (
          counted(limit.days, 'day')
        )}
      </td>
      <td data-label="Open" className="number">
        <Door of={now?.open} search={{ severity: [severity] }} />
      </td>
      <td data-label="Overdue now" className="number">
        <Door of={now?.overdue_before} search={{ severity: [severity], is_overdue: true }} />
      </td>
      {mayChange && (
        <td data-label="Overdue with this" className="number">
          <Then effect={then} />
        </td>
      )}
      <td data-label="Set">
        {limit.is_default ? (
          <span className="dim">{originOf(severity)}</span>
        ) : (
          <div>
            by <OutsideName text={limit.changed_by} />, <Ago at={limit.changed_at} />
          </div>
        )}
      </td>
    </tr>
  )
}

interface DoorProps {
  readonly of: number | undefined
  readonly search: { readonly severity: Severity[]; readonly is_overdue?: boolean }
}

function Door({ of, search }: DoorProps) {
  if (of === undefined) return <span className="dim">–</span>
  if (of === 0) return <span className="dim">0</span>
  return (
    <Link to="/vulnerabilities/tenable" search={search}>
      {count(of)}
    </Link>
  )
}

function Then({ effect }: { effect: SlaEffect['items'][number] | undefined }) {
  if (effect === undefined) return <span className="dim">…</span>
  const more = effect.overdue_after - effect.overdue_before
  if (more === 0) return <span className="dim">{count(effect.overdue_after)}</span>
  return (
    <>
      <strong>{count(effect.overdue_after)}</strong> <span className="dim">{signed(more)}</span>
    </>
  )
}

function signed(difference: number): string {
  return difference > 0 ? `▲ +${count(difference)}` : `▼ −${count(-difference)}`
}

function effectText({ items }: SlaEffect): string {
  const before = items.reduce((sum, one) => sum + one.overdue_before, 0)
  const after = items.reduce((sum, one) => sum + one.overdue_after, 0)
  const overdue = `${counted(after, 'finding')} would be overdue`
  if (after === before) return `${overdue}, as many as now.`
  return `${overdue}, ${count(Math.abs(after - before))} ${after > before ? 'more' : 'fewer'} than now.`
}

function originOf(severity: Severity): string {
  if (severity === 'info') return 'as it came'
  const isBinding = severity === 'critical' || severity === 'high'
  return isBinding ? 'as it came: CISA BOD 19-02' : 'as it came: what most policies ask'
}

function draftOf(limits: readonly Limit[]): Draft {
  return Object.fromEntries(limits.map(({ severity, days }) => [severity, days])) as Draft
}

function isLimit(value: number | string | null): value is number | null {
  return value === null || (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most)
}

/** The limits that differ from those that hold. */
function changesOf(limits: readonly Limit[], draft: Draft): Partial<Record<Severity, number | null>> {
  const changed = limits.flatMap(({ severity, days }) => {
    const value = draft[severity]
    return isLimit(value) && value !== days ? [[severity, value] as const] : []
  })
  return Object.fromEntries(changed)
}
