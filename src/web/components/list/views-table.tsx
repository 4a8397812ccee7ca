import { Button, Modal } from '@mantine/core'
import { useState } from 'react'
import type { SavedView, SavedViewList } from '../../../contract/views.ts'
import type { ListPage } from '../../../domain/list-page.ts'
import { usePreference } from '../../lib/list-preferences.ts'
import { useRemoveView } from '../../lib/saved-views.ts'
import { OutsideName } from '../outside-text.tsx'
import { PlainTable } from '../plain-table.tsx'
import { ProblemView } from '../problem-view.tsx'
import styles from './list-tools.module.css'
import { ViewForm } from './view-form.tsx'

interface ViewsTableProps {
  readonly page: ListPage
  readonly views: readonly SavedView[]
  readonly tenants: SavedViewList['tenants']
  readonly isOpen: boolean
  readonly onClose: () => void
}

/** Every view of the list: which one the page opens with, how they are called, who sees them. */
export function ViewsTable({ page, views, tenants, isOpen, onClose }: ViewsTableProps) {
  const { preference, choose } = usePreference(page)
  const remove = useRemoveView()
  const [changing, setChanging] = useState<SavedView>()
  return (
    <>
      <Modal
        opened={isOpen}
        onClose={onClose}
        title="Views"
        size="lg"
        closeButtonProps={{ 'aria-label': 'Close the views' }}
      >
        <PlainTable label="Views" className={styles.views} columns={['View', 'Whose']} hasActs>
          {views.map(view => {
            const isDefault = view.id === preference?.default_view_id
            return (
              <tr key={view.id}>
                <td>
                  <OutsideName text={view.name} />
                </td>
                <td className="dim">{ownerOf(view)}</td>
                <td className={styles.viewActs}>
                  <Button
                    variant="default"
                    aria-pressed={isDefault}
                    aria-label={`Open the page with ${view.name}`}
                    onClick={() => choose({ default_view_id: isDefault ? null : view.id })}
                  >
                    {isDefault ? 'Default' : 'Make default'}
                  </Button>
                  {view.may_change && (
                    <>
                      <Button variant="default" aria-label={`Change ${view.name}`} onClick={() => setChanging(view)}>
                        Change
                      </Button>
                      <Button
                        variant="default"
                        aria-label={`Remove ${view.name}`}
                        loading={remove.isPending && remove.variables === view.id}
                        onClick={() => remove.mutate(view.id)}
                      >
                        Remove
                      </Button>
                    </>
                  )}
                </td>
              </tr>
            )
          })}
        </PlainTable>
        {views.length === 0 && <p className="dim">No view is left.</p>}
        {remove.error && <ProblemView error={remove.error} />}
      </Modal>
      {changing !== undefined && (
        <ViewForm
          page={page}
          appearance={changing}
          tenants={tenants}
          stored={changing}
          isOpen
          onClose={() => setChanging(undefined)}
        />
      )}
    </>
  )
}

function ownerOf({ is_own, owner, is_shared, tenant }: SavedView): string {
  const whose = is_own ? 'yours' : (owner ?? 'nobody’s any more')
  return is_shared ? `${whose}, shared with ${tenant ?? 'others'}` : whose
}
