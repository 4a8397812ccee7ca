import {
  Button,
  Checkbox,
  Drawer,
  Group,
  NumberInput,
  Popover,
  SegmentedControl,
  TagsInput,
  TextInput,
} from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useId, useState } from 'react'
import type { Field, FieldValue, FilterValues } from '../../lib/filter-fields.ts'
import { without } from '../../lib/filter-fields.ts'
import { Icon } from '../icons.tsx'
import styles from './filter-bar.module.css'

// Closer to its own box than to the next one.
const tightLabel = { label: { paddingInlineStart: 6 } } as const

interface FilterPanelProps {
  readonly fields: readonly Field[]
  readonly filter: FilterValues
  readonly onChange: (filter: FilterValues) => void
}

/** Every field of the filter: beside the button, or in a sheet on a phone. */
export function FilterPanel(props: FilterPanelProps) {
  const [isOpen, setIsOpen] = useState(false)
  const isPhone = useMediaQuery('(max-width: 47.99em)', false, { getInitialValueInEffect: false })
  const set = props.fields.filter(field => props.filter[field.key] !== undefined).length
  const button = (
    <Button
      variant="default"
      size="sm"
      leftSection={<Icon name="filter" />}
      aria-expanded={isOpen}
      onClick={() => setIsOpen(!isOpen)}
    >
      {set === 0 ? 'Filters' : `Filters · ${set}`}
    </Button>
  )
  if (isPhone) {
    return (
      <>
        {button}
        <Drawer
          opened={isOpen}
          onClose={() => setIsOpen(false)}
          position="bottom"
          size="85%"
          title="Filters"
          closeButtonProps={{ 'aria-label': 'Close filters' }}
        >
          <Fields {...props} />
        </Drawer>
      </>
    )
  }
  return (
    <Popover
      opened={isOpen}
      onChange={setIsOpen}
      width={520}
      position="bottom-start"
      shadow="md"
      trapFocus
      returnFocus
      withinPortal
    >
      <Popover.Target>{button}</Popover.Target>
      <Popover.Dropdown aria-label="Filters">
        <Fields {...props} />
      </Popover.Dropdown>
    </Popover>
  )
}

function Fields({ fields, filter, onChange }: FilterPanelProps) {
  const groups = [...new Set(fields.map(field => field.group))]
  const set = (key: string, value: FieldValue | undefined) =>
    onChange(value === undefined ? without(filter, key) : { ...filter, [key]: value })
  return (
    <div className={styles.panel}>
      {groups.map(group => (
        <fieldset key={group} className={styles.group}>
          <legend>{group}</legend>
          {fields
            .filter(field => field.group === group)
            .map(field => (
              <Control
                key={field.key}
                field={field}
                value={filter[field.key]}
                onChange={value => set(field.key, value)}
              />
            ))}
        </fieldset>
      ))}
    </div>
  )
}

interface ControlProps {
  readonly field: Field
  readonly value: FieldValue | undefined
  readonly onChange: (value: FieldValue | undefined) => void
}

function Control({ field, value, onChange }: ControlProps) {
  const labelId = useId()
  switch (field.kind) {
    case 'set':
      return (
        <Checkbox.Group
          className={styles.wide}
          size="xs"
          label={field.label}
          description={field.hint}
          value={[...((value as readonly string[] | undefined) ?? [])]}
          onChange={list => onChange(list.length === 0 ? undefined : list)}
        >
          <Group gap={14} style={{ rowGap: 10 }} mt={4}>
            {field.options.map(option => (
              <Checkbox key={option.value} size="xs" value={option.value} label={option.label} styles={tightLabel} />
            ))}
          </Group>
        </Checkbox.Group>
      )
    case 'flag':
      return (
        <div>
          <div id={labelId} style={{ fontSize: '0.75rem', fontWeight: 500, marginBottom: 2 }}>
            {field.label}
          </div>
          <SegmentedControl
            size="xs"
            fullWidth
            aria-labelledby={labelId}
            value={value === undefined ? '' : String(value)}
            data={[
              { value: '', label: 'any' },
              { value: 'true', label: field.yes },
              { value: 'false', label: field.no },
            ]}
            onChange={chosen => onChange(chosen === '' ? undefined : chosen === 'true')}
          />
        </div>
      )
    case 'texts':
    case 'ids':
      return (
        <TagsInput
          size="xs"
          label={field.label}
          description={field.hint}
          value={((value as readonly (string | number)[] | undefined) ?? []).map(String)}
          onChange={list => onChange(fromTags(field.kind, list))}
          acceptValueOnBlur
          splitChars={field.kind === 'ids' ? [',', ' '] : []}
        />
      )
    case 'number':
      return (
        <NumberInput
          label={field.label}
          description={field.hint}
          min={0}
          max={field.max}
          step={field.step}
          value={typeof value === 'number' ? value : ''}
          onChange={number => onChange(typeof number === 'number' ? number : undefined)}
        />
      )
    case 'date':
      return (
        <TextInput
          size="xs"
          type="date"
          label={field.label}
          description={field.hint}
          value={typeof value === 'string' ? value.slice(0, 10) : ''}
          onChange={event => onChange(event.currentTarget.value || undefined)}
        />
      )
    case 'text':
      return <TextField field={field} value={typeof value === 'string' ? value : ''} onChange={onChange} />
  }
}

function TextField({ field, value, onChange }: ControlProps & { readonly value: string }) {
  const [typed, setTyped] = useState(value)
  const send = () => onChange(typed.trim() === '' ? undefined : typed.trim())
  return (
    <TextInput
      size="xs"
      label={field.label}
      description={field.hint}
      value={typed}
      maxLength={200}
      onChange={event => setTyped(event.currentTarget.value)}
      onBlur={send}
      onKeyDown={event => {
        if (event.key === 'Enter') send()
      }}
    />
  )
}

function fromTags(kind: 'texts' | 'ids', list: readonly string[]): FieldValue | undefined {
  const values = kind === 'ids' ? list.filter(text => /^\d{1,15}$/.test(text)).map(Number) : list
  return values.length === 0 ? undefined : (values as FieldValue)
}
