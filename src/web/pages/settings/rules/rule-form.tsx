import { Button, MultiSelect, NumberInput, Select, Switch, TagsInput, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { GroupRuleView } from '../../../../contract/groups.ts'
import type { AssignedCriticality } from '../../../../domain/group-rule.ts'
import { ProblemView } from '../../../components/problem-view.tsx'
import { api } from '../../../lib/api.ts'
import { assignedCriticalityOptions } from '../../../lib/asset-search.ts'
import { sourcesQuery } from '../../../lib/queries.ts'
import { fieldError } from '../../../lib/source-actions.ts'
import styles from '../settings.module.css'
import { bodyOf, conditionFields, draftOf, type RuleDraft } from './rule-draft.ts'
import { RulePreview } from './rule-preview.tsx'

interface RuleFormProps {
  /** A rule that is changed; without one a rule is added. */
  readonly rule?: GroupRuleView
  readonly onSaved: () => void
}

/** A rule: what it asks for, what it gives, when. What it would change is shown before it is saved. */
export function RuleForm({ rule, onSaved }: RuleFormProps) {
  const [typed, setTyped] = useState(() => draftOf(rule))
  const client = useQueryClient()
  const sources = useQuery(sourcesQuery)
  const preview = useMutation({
    mutationFn: () =>
      api.call('previewGroupRule', {
        body: { rule: bodyOf(typed), ...(rule === undefined ? {} : { replaces: rule.id }) },
      }),
  })
  const save = useMutation({
    mutationFn: () =>
      rule === undefined
        ? api.call('createGroupRule', { body: bodyOf(typed) })
        : api.call('updateGroupRule', { params: { id: rule.id }, body: bodyOf(typed) }),
    onSuccess: onSaved,
    onSettled: () => client.invalidateQueries({ queryKey: ['group-rules'] }),
  })
  const set = (change: Partial<RuleDraft>) => {
    setTyped({ ...typed, ...change })
    preview.reset()
    save.reset()
  }
  const setCondition = (key: keyof RuleDraft['conditions'], values: readonly string[]) =>
    set({ conditions: { ...typed.conditions, [key]: values } })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (preview.data === undefined) preview.mutate()
    else save.mutate()
  }
  const errorOf = (field: string) => fieldError(save.error ?? preview.error, field)
  return (
    <form onSubmit={submit} className={styles.form} autoComplete="off">
      <div className={styles.grant}>
        <TextInput
          label="Name"
          required
          maxLength={200}
          value={typed.name}
          error={errorOf('name')}
          onChange={event => set({ name: event.currentTarget.value })}
        />
        <NumberInput
          label="Order"
          description="The lowest goes first"
          size="sm"
          min={0}
          max={1_000_000}
          allowDecimal={false}
          value={typed.priority}
          onChange={value => set({ priority: Number(value) || 0 })}
        />
      </div>
      <fieldset className={styles.grant}>
        <legend>Of each kind one must hold, of all kinds each</legend>
        {conditionFields.map(({ key, label, hint }) => (
          <TagsInput
            key={key}
            label={label}
            description={hint}
            value={[...typed.conditions[key]]}
            error={errorOf(`conditions.${key}`) ?? errorOf(`conditions.${key}.0`)}
            onChange={values => setCondition(key, values)}
          />
        ))}
        <MultiSelect
          label="Sources"
          description="Any of them"
          data={(sources.data?.items ?? []).map(source => ({ value: String(source.id), label: source.name }))}
          value={[...typed.conditions.source_id]}
          onChange={values => setCondition('source_id', values)}
        />
      </fieldset>
      <fieldset className={styles.grant}>
        <legend>What it gives</legend>
        <TextInput
          label="Owner"
          maxLength={200}
          value={typed.owner}
          error={errorOf('owner')}
          onChange={event => set({ owner: event.currentTarget.value })}
        />
        <Select
          label="Criticality"
          data={assignedCriticalityOptions}
          value={typed.criticality}
          clearable
          clearButtonProps={{ 'aria-label': 'Give no criticality' }}
          onChange={value => set({ criticality: value as AssignedCriticality | null })}
        />
        <TextInput
          label="Group"
          maxLength={200}
          value={typed.group}
          onChange={event => set({ group: event.currentTarget.value })}
        />
      </fieldset>
      <fieldset className={styles.grant}>
        <legend>When it holds</legend>
        <TextInput
          label="From"
          description="Today when empty"
          type="date"
          value={typed.validFrom}
          onChange={event => set({ validFrom: event.currentTarget.value })}
        />
        <TextInput
          label="Until"
          description="The first day without it"
          type="date"
          value={typed.validTo}
          error={errorOf('valid_to')}
          onChange={event => set({ validTo: event.currentTarget.value })}
        />
        <Switch
          label="Switched on"
          checked={typed.isEnabled}
          onChange={event => set({ isEnabled: event.currentTarget.checked })}
        />
      </fieldset>
      {preview.error && <ProblemView error={preview.error} />}
      {preview.data && <RulePreview preview={preview.data} />}
      {save.error && <ProblemView error={save.error} />}
      <div className={styles.acts} style={{ justifyContent: 'start' }}>
        <Button
          type={preview.data === undefined ? 'submit' : 'button'}
          size="sm"
          variant={preview.data === undefined ? 'filled' : 'default'}
          loading={preview.isPending}
          disabled={typed.name.trim() === ''}
          onClick={event => {
            event.preventDefault()
            preview.mutate()
          }}
        >
          Show what it would change
        </Button>
        {preview.data && (
          <Button type="submit" size="sm" loading={save.isPending}>
            {rule === undefined ? 'Add the rule' : 'Save the rule'}
          </Button>
        )}
      </div>
    </form>
  )
}
