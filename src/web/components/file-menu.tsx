import { ActionIcon, Menu, Tooltip } from '@mantine/core'
import { useState } from 'react'
import type { ExportFormat } from '../../contract/routes.ts'
import { useShortcuts } from '../lib/shortcuts.ts'
import { Icon } from './icons.tsx'

const formats = [
  { format: 'csv', label: 'CSV' },
  { format: 'json', label: 'JSON' },
  { format: 'ndjson', label: 'NDJSON' },
  { format: 'parquet', label: 'Parquet' },
] as const satisfies readonly { format: ExportFormat; label: string }[]

interface FileMenuProps {
  /** What the file has, in words: "Export scans". */
  readonly label: string
  readonly href: (format: ExportFormat) => string
  /** `e` opens it: of one menu on a page. */
  readonly isMain?: boolean
}

/** A table as a file, all of its rows. */
export function FileMenu({ label, href, isMain = false }: FileMenuProps) {
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
        <Menu.Label>Every row</Menu.Label>
        {formats.map(({ format, label: name }) => (
          <Menu.Item key={format} component="a" download href={href(format)}>
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
