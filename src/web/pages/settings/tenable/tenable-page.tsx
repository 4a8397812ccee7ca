import { Button, Skeleton, Tabs } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import type { SourceList, SourceView } from '../../../../contract/sources.ts'
import { Empty } from '../../../components/empty.tsx'
import { PageFrame } from '../../../components/page.tsx'
import { Panel } from '../../../components/panel.tsx'
import { QueryView } from '../../../components/query-view.tsx'
import { RoleNote } from '../../../components/role-note.tsx'
import { SourceCard } from '../../../components/source/source-card.tsx'
import { SourceForm } from '../../../components/source/source-form.tsx'
import { counted } from '../../../lib/format.ts'
import { sourcesQuery, syncQuery } from '../../../lib/queries.ts'
import { useHasRole } from '../../../lib/session.ts'
import { type SettingsPart, settingsParts } from '../../../lib/tenable-settings-search.ts'
import { AdvancedForm } from './advanced-form.tsx'
import { ConnectionFacts } from './connection-facts.tsx'
import { RemoveSource } from './remove-source.tsx'
import { SyncSettings } from './sync-settings.tsx'
import styles from './tenable.module.css'

const route = getRouteApi('/settings/integrations/tenable')

/** The sources of Tenable: a card each, and the settings of the one that is open. */
export function TenableSettingsPage() {
  const query = useQuery(sourcesQuery)
  const may = useHasRole('admin')
  return (
    <PageFrame
      title="Tenable sources"
      sentence={query.data && sentenceOf(query.data)}
      actions={
        may && (
          <Button
            size="sm"
            variant={query.data?.items.length === 0 ? 'filled' : 'default'}
            renderRoot={props => <Link {...props} to="/settings/integrations/tenable" search={{ source: 'new' }} />}
          >
            Add a source
          </Button>
        )
      }
    >
      <RoleNote needed="admin" what="Changing sources" />
      <QueryView query={query} skeleton={<Skeleton height={420} />}>
        {data => <Sources sources={data.items} />}
      </QueryView>
    </PageFrame>
  )
}

function sentenceOf({ items }: SourceList): string {
  const on = items.filter(source => source.is_enabled).length
  if (items.length === 0) return 'No source is connected yet.'
  return `${counted(items.length, 'source')} connected, ${on === items.length ? 'all' : on} switched on.`
}

function Sources({ sources }: { sources: readonly SourceView[] }) {
  const { source: wanted } = route.useSearch()
  const { data: status } = useQuery(syncQuery)
  const may = useHasRole('admin')
  const open = wanted === 'new' ? undefined : (sources.find(source => source.id === wanted) ?? sources[0])
  const isAdding = may && (wanted === 'new' || sources.length === 0)
  return (
    <div className={styles.page}>
      {sources.length > 0 && (
        <section className={styles.cards} aria-label="Sources">
          {sources.map(source => (
            <SourceCard
              key={source.id}
              source={source}
              freshness={status?.sources.find(one => one.source_id === source.id)}
              isRunning={status?.active.some(run => run.source_id === source.id) === true}
              isOpen={!isAdding && open?.id === source.id}
            />
          ))}
        </section>
      )}
      {isAdding ? (
        <AddSource />
      ) : open === undefined ? (
        <Empty title="No source yet.">Somebody with the role Administrator connects one here.</Empty>
      ) : (
        <Settings key={open.id} source={open} />
      )}
    </div>
  )
}

function AddSource() {
  const navigate = useNavigate()
  return (
    <Panel title="A new source">
      <SourceForm
        saveLabel="Save the source"
        onSaved={async source => {
          await navigate({ to: '/settings/integrations/tenable', search: { source: source.id, part: 'sync' } })
        }}
      />
    </Panel>
  )
}

const partLabels = {
  connection: 'Connection',
  sync: 'Sync',
  advanced: 'Advanced',
} as const satisfies Record<SettingsPart, string>

function Settings({ source }: { source: SourceView }) {
  const { part = 'connection' } = route.useSearch()
  const navigate = useNavigate()
  const may = useHasRole('admin')
  const choose = (next: SettingsPart) =>
    void navigate({
      to: '/settings/integrations/tenable',
      search: { source: source.id, ...(next === 'connection' ? {} : { part: next }) },
      resetScroll: false,
    })
  return (
    <Panel title={`Settings of ${source.name}`}>
      <Tabs
        value={part}
        onChange={value => choose(settingsParts.find(one => one === value) ?? 'connection')}
        keepMounted={false}
      >
        <Tabs.List aria-label={`Settings of ${source.name}`}>
          {settingsParts.map(one => (
            <Tabs.Tab key={one} value={one}>
              {partLabels[one]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="connection" pt="md">
          <div className={styles.part}>
            {may ? (
              <SourceForm source={source} saveLabel="Save the connection" onSaved={() => Promise.resolve()} />
            ) : null}
            <ConnectionFacts source={source} />
            {may && source.managed_by === 'people' && <RemoveSource source={source} />}
          </div>
        </Tabs.Panel>
        <Tabs.Panel value="sync" pt="md">
          <SyncSettings source={source} />
        </Tabs.Panel>
        <Tabs.Panel value="advanced" pt="md">
          <AdvancedForm source={source} />
        </Tabs.Panel>
      </Tabs>
    </Panel>
  )
}
