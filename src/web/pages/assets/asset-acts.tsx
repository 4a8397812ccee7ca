import { Button, Menu } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import type { AssetView } from '../../../contract/assets.ts'
import type { Column } from '../../components/list/column.ts'
import { ExportButton } from '../../components/list/export-menu.tsx'
import type { Selection } from '../../components/list/use-selection.ts'
import { refreshAtMost, type useRefreshAssets } from '../../lib/asset-actions.ts'
import { assetExport } from '../../lib/export-addresses.ts'
import { useHasRole } from '../../lib/session.ts'

/** An address names so many rows; more than that are a filter, which has an export of its own. */
const exportAtMost = 400

interface AssetActionsProps {
  readonly row: AssetView
  readonly onOpen: (row: AssetView) => void
  readonly onRefresh: (rows: readonly AssetView[]) => void
}

/** What can be done with one asset, in the menu of its row. */
export function AssetActions({ row, onOpen, onRefresh }: AssetActionsProps) {
  const navigate = useNavigate()
  const mayRefresh = useHasRole('operator')
  return (
    <>
      <Menu.Item onClick={() => onOpen(row)}>Details</Menu.Item>
      <Menu.Item onClick={() => void navigate({ to: '/vulnerabilities/tenable', search: { asset_id: [row.id] } })}>
        Its findings
      </Menu.Item>
      {mayRefresh && <Menu.Item onClick={() => onRefresh([row])}>Sync this asset now</Menu.Item>}
    </>
  )
}

interface BulkActionsProps {
  readonly selection: Selection<AssetView>
  readonly refresh: ReturnType<typeof useRefreshAssets>
  readonly columns: readonly Column<AssetView>[]
}

/** What can be done with the chosen assets. */
export function BulkActions({ selection, refresh, columns }: BulkActionsProps) {
  const mayRefresh = useHasRole('operator')
  const isTooMany = selection.size > refreshAtMost
  return (
    <>
      {mayRefresh && (
        <Button
          loading={refresh.isPending}
          disabled={isTooMany}
          onClick={() => refresh.mutate(selection.rows, { onSuccess: selection.clear })}
        >
          {isTooMany ? `Sync now: ${refreshAtMost} at most` : 'Sync now'}
        </Button>
      )}
      {selection.size <= exportAtMost && (
        <ExportButton
          href={assetExport({ asset_id: selection.rows.map(row => row.id), include: ['all'] })}
          columns={columns}
        />
      )}
    </>
  )
}
