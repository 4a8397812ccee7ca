import { Button, Select, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { sourcesQuery } from '../../lib/queries.ts'
import { runKindLabels, runStatusLabels, triggerLabels } from '../../lib/runs.ts'
import { hasRunFilter, type SyncSearch } from '../../lib/sync-search.ts'
import styles from './sync.module.css'

const optionsOf = (labels: Readonly<Record<string, string>>) =>
  Object.entries(labels).map(([value, label]) => ({ value, label: label.charAt(0).toUpperCase() + label.slice(1) }))

const kinds = optionsOf(runKindLabels)
const statuses = optionsOf(runStatusLabels)
const triggers = optionsOf(triggerLabels)

/** Which runs are listed and drawn; the URL holds it. */
export function RunFilters({ search }: { search: SyncSearch }) {
  const navigate = useNavigate()
  const { data: sources } = useQuery(sourcesQuery)
  const set = (change: { readonly [K in keyof SyncSearch]?: SyncSearch[K] | undefined | null }) => {
    const wanted = Object.entries({ ...search, ...change }).filter(([, value]) => value != null && value !== '')
    void navigate({ to: '/admin/tenable/sync', search: Object.fromEntries(wanted), resetScroll: false })
  }
  const choice = { size: 'xs', clearable: true, placeholder: 'Any' } as const
  return (
    <fieldset className={styles.filters} aria-label="Filter of runs">
      <Select
        {...choice}
        label="Type"
        data={kinds}
        value={search.kind ?? null}
        clearButtonProps={{ 'aria-label': 'Any type' }}
        onChange={value => set({ kind: value as SyncSearch['kind'] })}
      />
      <Select
        {...choice}
        label="Status"
        data={statuses}
        value={search.status ?? null}
        clearButtonProps={{ 'aria-label': 'Any status' }}
        onChange={value => set({ status: value as SyncSearch['status'] })}
      />
      <Select
        {...choice}
        label="Source"
        data={(sources?.items ?? []).map(source => ({ value: String(source.id), label: source.name }))}
        value={search.source_id === undefined ? null : String(search.source_id)}
        clearButtonProps={{ 'aria-label': 'Any source' }}
        onChange={value => set({ source_id: value === null ? undefined : Number(value) })}
      />
      <Select
        {...choice}
        label="Started by"
        data={triggers}
        value={search.trigger ?? null}
        clearButtonProps={{ 'aria-label': 'Started by anything' }}
        onChange={value => set({ trigger: value as SyncSearch['trigger'] })}
      />
      <TextInput
        size="xs"
        type="date"
        label="From"
        title="Included; days are in UTC"
        value={search.started_from ?? ''}
        onChange={event => set({ started_from: event.currentTarget.value })}
      />
      <TextInput
        size="xs"
        type="date"
        label="Before"
        title="Not included; days are in UTC"
        value={search.started_to ?? ''}
        onChange={event => set({ started_to: event.currentTarget.value })}
      />
      {hasRunFilter(search) && (
        <Button
          variant="default"
          onClick={() =>
            void navigate({
              to: '/admin/tenable/sync',
              search: search.tab === undefined ? {} : { tab: search.tab },
              resetScroll: false,
            })
          }
        >
          Clear
        </Button>
      )}
    </fieldset>
  )
}
