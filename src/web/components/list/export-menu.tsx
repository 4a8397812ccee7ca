import { ActionIcon, Button, Menu, Tooltip } from '@mantine/core'
import { useState } from 'react'
import type { AssetFilter, FindingFilter } from '../../../contract/filters.ts'
import type { ExportFormat, OperationInput } from '../../../contract/routes.ts'
import { api } from '../../lib/api.ts'
import { useShortcuts } from '../../lib/shortcuts.ts'
import { Icon } from '../icons.tsx'
import type { Column } from './column.ts'

const formats = [
  { format: 'csv', label: 'CSV' },
  { format: 'json', label: 'JSON' },
  { format: 'ndjson', label: 'NDJSON' },
  { format: 'parquet', label: 'Parquet' },
] as const

type ExportMenuProps = {
  /** Those that are shown; without them the file has every column. */
  readonly columns?: readonly Column<never>[]
} & (
  | { readonly of: 'findings'; readonly filter: Partial<FindingFilter> }
  | { readonly of: 'assets'; readonly filter: Partial<AssetFilter> }
)

/** The rows of this filter as a file, all of them; `e` opens it. */
export function ExportMenu(props: ExportMenuProps) {
  const [isOpen, setIsOpen] = useState(false)
  useShortcuts({ e: () => setIsOpen(true) })
  return (
    <Menu opened={isOpen} onChange={setIsOpen} position="bottom-end" transitionProps={{ duration: 100 }}>
      <Menu.Target>
        <Tooltip label="Export (e)">
          <ActionIcon variant="default" size="input-sm" aria-label="Export">
            <Icon name="exportFile" />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <Files {...props} what="Every row of this filter" />
      </Menu.Dropdown>
    </Menu>
  )
}

/** The chosen rows as a file. */
export function ExportButton(props: ExportMenuProps) {
  return (
    <Menu position="top" transitionProps={{ duration: 100 }} withinPortal>
      <Menu.Target>
        <Button variant="default">Export</Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Files {...props} what="The chosen rows" />
      </Menu.Dropdown>
    </Menu>
  )
}

function Files(props: ExportMenuProps & { readonly what: string }) {
  const shown = [...new Set((props.columns ?? []).flatMap(column => column.exportAs ?? []))]
  return (
    <>
      <Menu.Label>{props.what}</Menu.Label>
      {formats.map(({ format, label }) => (
        <Menu.Item key={format} component="a" download href={addressOf(props, { format })}>
          {label}
        </Menu.Item>
      ))}
      {shown.length > 0 && (
        <>
          <Menu.Divider />
          <Menu.Label>With the columns shown</Menu.Label>
          {formats.map(({ format, label }) => (
            <Menu.Item key={format} component="a" download href={addressOf(props, { format, columns: shown })}>
              {label}, columns shown
            </Menu.Item>
          ))}
        </>
      )}
    </>
  )
}

type AssetColumns = NonNullable<OperationInput<'exportAssets'>['query']>['columns']
type FindingColumns = NonNullable<OperationInput<'exportFindings'>['query']>['columns']

interface Wanted {
  readonly format: ExportFormat
  readonly columns?: readonly string[]
}

// The columns of a list name columns of its own export (`exportAs`); the server refuses any other.
function addressOf(props: ExportMenuProps, { format, columns }: Wanted): string {
  return props.of === 'findings'
    ? api.url('exportFindings', { query: { ...props.filter, format, columns: columns as FindingColumns } })
    : api.url('exportAssets', { query: { ...props.filter, format, columns: columns as AssetColumns } })
}
