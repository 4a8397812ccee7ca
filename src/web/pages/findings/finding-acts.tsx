import { Menu } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import type { FindingView } from '../../../contract/findings.ts'

interface FindingActionsProps {
  readonly row: FindingView
  readonly onOpen: (row: FindingView) => void
}

/** What can be done with one finding, in the menu of its row. */
export function FindingActions({ row, onOpen }: FindingActionsProps) {
  const navigate = useNavigate()
  const findings = '/vulnerabilities/tenable'
  return (
    <>
      <Menu.Item onClick={() => onOpen(row)}>Details</Menu.Item>
      <Menu.Item
        onClick={() => void navigate({ to: `${findings}/plugins/$plugin`, params: { plugin: String(row.plugin_id) } })}
      >
        Its plugin
      </Menu.Item>
      <Menu.Item
        onClick={() => void navigate({ to: '/assets/tenable/$id', params: { id: String(row.asset_id) }, search: {} })}
      >
        Its asset
      </Menu.Item>
      <Menu.Item onClick={() => void navigate({ to: findings, search: { plugin_id: [row.plugin_id] } })}>
        The same on other assets
      </Menu.Item>
    </>
  )
}
