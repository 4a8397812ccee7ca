import { ActionIcon, Button, Menu, Tooltip } from '@mantine/core'
import { useState } from 'react'
import type { ExportFormat } from '../../../contract/routes.ts'
import { useShortcuts } from '../../lib/shortcuts.ts'
import { Icon } from '../icons.tsx'
import type { Column } from './column.ts'

const formats = [
  { format: 'csv', label: 'CSV' },
  { format: 'json', label: 'JSON' },
  { format: 'ndjson', label: 'NDJSON' },
  { format: 'parquet', label: 'Parquet' },
] as const satisfies readonly { format: ExportFormat; label: string }[]

export interface FilesProps {
  /** The address of a file; with the columns of the export that are wanted, or with every one. */
  readonly href: (format: ExportFormat, columns?: readonly string[]) => string
  /** Those of the list that are shown; their `exportAs` names columns of the export. */
  readonly columns?: readonly Column<never>[] | undefined
}

interface ExportMenuProps extends FilesProps {
  /** What the file has, in words: "Export scans". */
  readonly label: string
  /** Which rows it has. */
  readonly what?: string
  /** `e` opens it: of one menu on a page. */
  readonly isMain?: boolean
}

/** A table as a file, all of its rows. */
export function ExportMenu({ label, what = 'Every row', isMain = false, ...files }: ExportMenuProps) {
  const [isOpen, setIsOpen] = useState(false)
  useShortcuts(isMain ? { e: () => setIsOpen(true) } : {})
  return (
    <Menu opened={isOpen} onChange={setIsOpen} position="bottom-end" transitionProps={{ duration: 100 }}>
      <Menu.Target>
        <Tooltip label={isMain ? `${label} (e)` : label}>
          <ActionIcon variant="default" size={isMain ? 'input-sm' : 'sm'} aria-label={label}>
            <Icon name="exportFile" size={isMain ? 16 : 13} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <Files {...files} what={what} />
      </Menu.Dropdown>
    </Menu>
  )
}

/** The chosen rows as a file. */
export function ExportButton(files: FilesProps) {
  return (
    <Menu position="top" transitionProps={{ duration: 100 }} withinPortal>
      <Menu.Target>
        <Button variant="default">Export</Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Files {...files} what="The chosen rows" />
      </Menu.Dropdown>
    </Menu>
  )
}

function Files({ href, columns = [], what }: FilesProps & { readonly what: string }) {
  const shown = [...new Set(columns.flatMap(column => column.exportAs ?? []))]
  return (
    <>
      <Menu.Label>{what}</Menu.Label>
      {formats.map(({ format, label }) => (
        <Menu.Item key={format} component="a" download href={href(format)}>
          {label}
        </Menu.Item>
      ))}
      {shown.length > 0 && (
        <>
          <Menu.Divider />
          <Menu.Label>With the columns shown</Menu.Label>
          {formats.map(({ format, label }) => (
            <Menu.Item key={format} component="a" download href={href(format, shown)}>
              {label}, columns shown
            </Menu.Item>
          ))}
        </>
      )}
    </>
  )
}
