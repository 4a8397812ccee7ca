import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { FindingPlugin } from '../../../contract/vulnerabilities.ts'
import { pluginName } from '../../../domain/plugin-name.ts'
import { OutsideName } from '../../components/outside-text.tsx'
import { count } from '../../lib/format.ts'
import { filterOf } from '../../lib/vulnerability-queries.ts'

const route = getRouteApi('/vulnerabilities/tenable')

/** The row's door; it keeps the list's filter, so that closing it leads back. */
export function PluginLink({ row }: { row: FindingPlugin }) {
  const name = pluginName(row.name, row.plugin_id)
  return (
    <Link
      to="/vulnerabilities/tenable/plugins/$plugin"
      params={{ plugin: String(row.plugin_id) }}
      search={true}
      resetScroll={false}
      data-row-link=""
      title={`${name} (plugin ${row.plugin_id})`}
    >
      <OutsideName text={name} />
    </Link>
  )
}

/** To the findings themselves, under the same filter. */
export function FindingsDoor({ row, children }: { row: FindingPlugin; children?: ReactNode }) {
  const filter = filterOf(route.useSearch())
  return (
    <Link to="/vulnerabilities/tenable" search={{ ...filter, plugin_id: [row.plugin_id] }}>
      {children ?? count(row.findings)}
    </Link>
  )
}
