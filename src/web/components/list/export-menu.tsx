import { ActionIcon, Menu, Tooltip } from '@mantine/core'
import type { AssetFilter, FindingFilter } from '../../../contract/filters.ts'
import { api } from '../../lib/api.ts'
import { Icon } from '../icons.tsx'

const formats = [
  { format: 'csv', label: 'CSV' },
  { format: 'json', label: 'JSON' },
  { format: 'ndjson', label: 'NDJSON' },
  { format: 'parquet', label: 'Parquet' },
] as const

type ExportMenuProps =
  | { readonly of: 'findings'; readonly filter: Partial<FindingFilter> }
  | { readonly of: 'assets'; readonly filter: Partial<AssetFilter> }

/** The rows of this filter as a file, all of them. */
export function ExportMenu(props: ExportMenuProps) {
  return (
    <Menu position="bottom-end" transitionProps={{ duration: 100 }}>
      <Menu.Target>
        <Tooltip label="Export">
          <ActionIcon variant="default" size="input-sm" aria-label="Export">
            <Icon name="exportFile" />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Every row of this filter</Menu.Label>
        {formats.map(({ format, label }) => (
          <Menu.Item
            key={format}
            component="a"
            download
            href={
              props.of === 'findings'
                ? api.url('exportFindings', { query: { ...props.filter, format } })
                : api.url('exportAssets', { query: { ...props.filter, format } })
            }
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
