import { Button, NumberInput, Slider } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import type { SourceLimits, SourceView } from '../../../../contract/sources.ts'
import { ProblemView } from '../../../components/problem-view.tsx'
import { RoleNote } from '../../../components/role-note.tsx'
import { count } from '../../../lib/format.ts'
import { useHasRole } from '../../../lib/session.ts'
import { settingsOf, useUpdateSource } from '../../../lib/source-actions.ts'
import { type Limit, limitFields } from './limit-fields.ts'
import styles from './tenable.module.css'

type LimitKey = keyof SourceLimits
type Draft = Partial<Record<LimitKey, number>>

/** How calls to a source behave; what is not set here is as the server has it. */
export function AdvancedForm({ source }: { source: SourceView }) {
  const own = ownLimits(source)
  const [typed, setTyped] = useState<Draft>(own)
  const update = useUpdateSource(source.id)
  const may = useHasRole('admin') && source.managed_by === 'people'
  const isChanged = JSON.stringify(typed) !== JSON.stringify(own)
  const set = (key: LimitKey, value: number | undefined) => {
    const { [key]: _before, ...others } = typed
    setTyped(inOrder(value === undefined ? others : { ...others, [key]: value }))
    update.reset()
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const kept = Object.fromEntries(
      Object.entries(settingsOf(source)).filter(([key]) => !limitFields.some(field => field.key === key)),
    )
    update.mutate({ settings: { ...kept, ...typed } })
  }
  return (
    <form onSubmit={submit} className={styles.part} autoComplete="off" aria-label="Advanced">
      <RoleNote needed="admin" what="Changing these" />
      {source.managed_by === 'environment' && (
        <p className="dim">This source follows the environment: its limits are set there and read-only here.</p>
      )}
      <div className={styles.limits}>
        {limitFields.map(field => (
          <LimitField
            key={field.key}
            field={field}
            value={typed[field.key]}
            held={source.limits[field.key]}
            isOwn={own[field.key] !== undefined}
            isDisabled={!may}
            onChange={value => set(field.key, value)}
          />
        ))}
      </div>
      <p className="dim">
        How long what was read stays is one rule for all sources: <Link to="/settings/retention">Retention</Link>.
      </p>
      {update.error && <ProblemView error={update.error} />}
      {may && (
        <div className={styles.row} style={{ alignItems: 'center' }}>
          <Button type="submit" size="sm" disabled={!isChanged} loading={update.isPending}>
            Save the limits
          </Button>
          {update.isSuccess && !isChanged && (
            <span className="dim" role="status">
              Saved; the next run follows them.
            </span>
          )}
        </div>
      )}
    </form>
  )
}

interface LimitFieldProps {
  readonly field: Limit
  /** Undefined: as the server has it. */
  readonly value: number | undefined
  /** What holds now. */
  readonly held: number
  readonly isOwn: boolean
  readonly isDisabled: boolean
  readonly onChange: (value: number | undefined) => void
}

function LimitField({ field, value, held, isOwn, isDisabled, onChange }: LimitFieldProps) {
  const shown = value ?? held
  const name = `${field.label} (${field.unit})`
  return (
    <div className={styles.limit}>
      <div className={styles.limitHead}>
        <span>{field.label}</span>
        <span className="nowrap">
          {count(shown)} <span className="dim">{shown === 1 ? field.unit.replace(/s$/, '') : field.unit}</span>
        </span>
      </div>
      {field.isSlider ? (
        <div className={styles.slider}>
          <Slider
            thumbLabel={name}
            min={field.min}
            max={field.max}
            step={field.step}
            value={shown}
            disabled={isDisabled}
            label={at => count(at)}
            marks={[
              { value: field.min, label: count(field.min) },
              { value: field.max, label: count(field.max) },
            ]}
            onChange={onChange}
          />
        </div>
      ) : (
        <NumberInput
          aria-label={name}
          size="sm"
          min={field.min}
          max={field.max}
          step={field.step}
          allowDecimal={field.step < 1}
          clampBehavior="blur"
          value={shown}
          disabled={isDisabled}
          onChange={at => onChange(at === '' ? undefined : Number(at))}
        />
      )}
      <span className="dim" style={{ fontSize: '0.8125rem' }}>
        {field.meaning(shown)}
        {value === undefined && (isOwn ? ' After saving: the server’s own value.' : ' The server’s own value.')}
      </span>
      {value !== undefined && !isDisabled && (
        <div>
          <Button
            variant="subtle"
            size="compact-xs"
            aria-label={`${field.label} as the server has it`}
            onClick={() => onChange(undefined)}
          >
            As the server has it
          </Button>
        </div>
      )}
    </div>
  )
}

function ownLimits(source: SourceView): Draft {
  const settings = settingsOf(source)
  return inOrder(
    Object.fromEntries(
      limitFields.flatMap(({ key }) => (settings[key] === undefined ? [] : [[key, settings[key]] as const])),
    ),
  )
}

function inOrder(draft: Draft): Draft {
  return Object.fromEntries(
    limitFields.flatMap(({ key }) => (draft[key] === undefined ? [] : [[key, draft[key]] as const])),
  )
}
