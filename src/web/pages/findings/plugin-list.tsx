import { Menu } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import type { FindingPlugin } from '../../../contract/vulnerabilities.ts'
import { pluginName } from '../../../domain/plugin-name.ts'
import { DataList } from '../../components/list/data-list.tsx'
import { ExportButton } from '../../components/list/export-menu.tsx'
import type { More } from '../../components/list/load-more.tsx'
import type { ListView } from '../../components/list/use-list-view.ts'
import type { Selection } from '../../components/list/use-selection.ts'
import { pluginExport } from '../../lib/export-addresses.ts'
import type { FindingSearch, PluginSort } from '../../lib/finding-search.ts'
import { PluginCard } from './plugin-columns.tsx'
import { PluginRow } from './plugin-row.tsx'

export interface PluginListProps {
  readonly view: ListView<FindingPlugin>
  readonly rows: readonly FindingPlugin[]
  readonly filter: FindingSearch
  readonly sort: PluginSort
  readonly onSort: (sort: string) => void
  readonly openId: number | undefined
  readonly total: number | undefined
  readonly more: More
}

const keyOf = (row: FindingPlugin) => `${row.plugin_id}/${row.owner_source_id}`
/** An address names so many plugins; more than that are a filter, which has an export of its own. */
const exportAtMost = 400

/** Findings folded by plugin; a row opens in place. */
export function PluginList({ view, rows, filter, sort, onSort, openId, total, more }: PluginListProps) {
  const navigate = useNavigate()
  const open = (row: FindingPlugin) =>
    void navigate({
      to: '/vulnerabilities/tenable/plugins/$plugin',
      params: { plugin: String(row.plugin_id) },
      search: true,
      resetScroll: false,
      replace: openId !== undefined,
    })
  const opened = rows.find(row => row.plugin_id === openId)
  return (
    <DataList
      label="Findings by plugin"
      columns={view.columns}
      rows={rows}
      rowKey={keyOf}
      rowName={row => pluginName(row.name, row.plugin_id)}
      rowHeight={view.rowHeight}
      rowMenu={row => <PluginActions row={row} filter={filter} onOpen={open} />}
      bulk={selection => <PluginsBulk selection={selection} view={view} filter={filter} sort={sort} />}
      expansion={{
        label: row => `Remedy and owners of plugin ${row.plugin_id}`,
        content: row => <PluginRow row={row} />,
      }}
      card={row => <PluginCard row={row} />}
      sort={sort}
      onSort={onSort}
      openKey={opened && keyOf(opened)}
      onOpen={open}
      total={total}
      more={more}
    />
  )
}

interface PluginActionsProps {
  readonly row: FindingPlugin
  readonly filter: FindingSearch
  readonly onOpen: (row: FindingPlugin) => void
}

/** What can be done with one plugin, in the menu of its row. */
function PluginActions({ row, filter, onOpen }: PluginActionsProps) {
  const navigate = useNavigate()
  const search = { ...filter, plugin_id: [row.plugin_id] }
  return (
    <>
      <Menu.Item onClick={() => onOpen(row)}>Details</Menu.Item>
      <Menu.Item onClick={() => void navigate({ to: '/vulnerabilities/tenable', search })}>Its findings</Menu.Item>
    </>
  )
}

interface PluginsBulkProps extends Pick<PluginListProps, 'view' | 'filter' | 'sort'> {
  readonly selection: Selection<FindingPlugin>
}

function PluginsBulk({ selection, view, filter, sort }: PluginsBulkProps) {
  if (selection.size > exportAtMost) return null
  const chosen = { ...filter, plugin_id: selection.rows.map(row => row.plugin_id) }
  return <ExportButton href={pluginExport(chosen, sort)} columns={view.columns} />
}
