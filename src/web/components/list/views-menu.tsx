import { Button, Menu } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { SavedView } from '../../../contract/views.ts'
import { usePreference } from '../../lib/list-preferences.ts'
import { namedView, searchOf, useUpdateView, viewsQuery } from '../../lib/saved-views.ts'
import { parseSearch, type RawSearch, searchText } from '../../lib/search-params.ts'
import { Icon } from '../icons.tsx'
import { OutsideName } from '../outside-text.tsx'
import styles from './list-tools.module.css'
import type { ListView } from './use-list-view.ts'
import { ViewForm } from './view-form.tsx'
import { ViewsTable } from './views-table.tsx'

interface ViewsMenuProps<R> {
  readonly view: ListView<R>
  readonly search: RawSearch
  readonly onApply: (search: RawSearch) => void
}

/** Ways to look at the list that have a name: one's own, and those that others share. */
export function ViewsMenu<R>({ view, search, onApply }: ViewsMenuProps<R>) {
  const { data } = useQuery(viewsQuery(view.page))
  const { preference, choose } = usePreference(view.page)
  const update = useUpdateView()
  const [lastId, setLastId] = useState<number>()
  const [dialog, setDialog] = useState<'save' | 'manage'>()
  const views = data?.items ?? []
  const { sort, ...filter } = search
  const appearance = {
    filter: searchText(filter),
    sort: typeof sort === 'string' ? sort : null,
    columns: view.chosen,
    density: view.density,
  }
  const isShown = (one: SavedView) =>
    canonical(one.filter) === canonical(appearance.filter) && one.sort === appearance.sort
  const last = views.find(one => one.id === lastId)
  const current = last !== undefined && isShown(last) ? last : views.find(isShown)
  const changed =
    last !== undefined && !(isShown(last) && sameColumns(last, view)) && last.may_change ? last : undefined

  const apply = (one: SavedView) => {
    setLastId(one.id)
    choose({ columns: one.columns, ...(one.density === null ? {} : { density: one.density }) })
    onApply(searchOf(one))
  }
  return (
    <>
      <Menu position="bottom-end" width={280} shadow="md" transitionProps={{ duration: 100 }}>
        <Menu.Target>
          <Button
            variant="default"
            size="sm"
            className={styles.button}
            aria-label={current === undefined ? 'Views' : `View: ${current.name}`}
            leftSection={<Icon name="views" />}
          >
            <span className={`mantine-visible-from-sm ${styles.buttonName}`}>
              {current === undefined ? 'Views' : <OutsideName text={current.name} />}
            </span>
          </Button>
        </Menu.Target>
        <Menu.Dropdown mah="60vh" className={styles.menu}>
          {views.map(one => (
            <Menu.Item
              key={one.id}
              onClick={() => apply(one)}
              rightSection={
                <span className="dim">
                  {[one.id === preference?.default_view_id && 'default', one.is_shared && 'shared']
                    .filter(Boolean)
                    .join(', ')}
                </span>
              }
            >
              <OutsideName text={one.name} />
            </Menu.Item>
          ))}
          {views.length > 0 && <Menu.Divider />}
          {changed !== undefined && (
            <Menu.Item onClick={() => update.mutate({ ...namedView(changed), ...appearance, id: changed.id })}>
              Save the changes to “<OutsideName text={changed.name} />”
            </Menu.Item>
          )}
          <Menu.Item onClick={() => setDialog('save')}>Save this view…</Menu.Item>
          {views.length > 0 && (
            <Menu.Item onClick={() => setDialog('manage')}>Change, share or remove views…</Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <ViewForm
        key={dialog}
        page={view.page}
        appearance={appearance}
        tenants={data?.tenants ?? []}
        isOpen={dialog === 'save'}
        onClose={() => setDialog(undefined)}
        onSaved={saved => setLastId(saved.id)}
      />
      <ViewsTable
        page={view.page}
        views={views}
        tenants={data?.tenants ?? []}
        isOpen={dialog === 'manage'}
        onClose={() => setDialog(undefined)}
      />
    </>
  )
}

/** The same filter written in another order is the same. */
function canonical(filter: string): string {
  const pairs = Object.entries(parseSearch(filter)).sort(([one], [other]) => (one < other ? -1 : 1))
  return searchText(Object.fromEntries(pairs))
}

function sameColumns(one: SavedView, view: Pick<ListView<never>, 'chosen' | 'density'>): boolean {
  const isDensity = one.density === null || one.density === view.density
  return isDensity && (one.columns ?? []).join('\n') === (view.chosen ?? []).join('\n')
}
