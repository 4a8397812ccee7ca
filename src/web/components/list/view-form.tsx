import { Button, Checkbox, Group, Modal, Select, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { SavedView, SavedViewList } from '../../../contract/views.ts'
import type { ListPage } from '../../../domain/list-page.ts'
import { type Appearance, namedView, useCreateView, useUpdateView } from '../../lib/saved-views.ts'
import { ProblemView } from '../problem-view.tsx'

interface ViewFormProps {
  readonly page: ListPage
  readonly appearance: Appearance
  readonly tenants: SavedViewList['tenants']
  /** One that is there already, whose name and sharing are changed; what it shows stays. */
  readonly stored?: SavedView
  readonly isOpen: boolean
  readonly onClose: () => void
  readonly onSaved?: (view: SavedView) => void
}

/** The name of a view, and who sees it. */
export function ViewForm({ page, appearance, tenants, stored, isOpen, onClose, onSaved }: ViewFormProps) {
  const [name, setName] = useState(stored?.name ?? '')
  const [isShared, setIsShared] = useState(stored?.is_shared ?? false)
  const [tenantId, setTenantId] = useState(stored?.tenant_id ?? tenants[0]?.id ?? null)
  const create = useCreateView(page)
  const update = useUpdateView()
  const { error, isPending } = stored === undefined ? create : update

  const save = () => {
    const said = { name: name.trim(), is_shared: isShared, tenant_id: isShared ? tenantId : null }
    const done = {
      onSuccess: (view: SavedView) => {
        onSaved?.(view)
        onClose()
      },
    }
    if (stored === undefined) create.mutate({ ...appearance, ...said }, done)
    else update.mutate({ ...namedView(stored), ...said, id: stored.id }, done)
  }
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={stored === undefined ? 'Save this view' : 'Change the view'}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form
        onSubmit={event => {
          event.preventDefault()
          save()
        }}
      >
        <TextInput
          label="Name"
          description={
            stored === undefined
              ? 'For the filter, the order, the columns and the row height as they are now.'
              : undefined
          }
          value={name}
          maxLength={120}
          required
          data-autofocus
          onChange={event => setName(event.currentTarget.value)}
        />
        {tenants.length > 0 && (
          <Checkbox
            mt="md"
            size="xs"
            label={tenants.length === 1 ? 'Share it with everybody here' : 'Share it'}
            description="Others see their own rows through it. You and the administrators can change it."
            checked={isShared}
            onChange={event => setIsShared(event.currentTarget.checked)}
          />
        )}
        {isShared && tenants.length > 1 && (
          <Select
            mt="md"
            size="xs"
            label="With"
            allowDeselect={false}
            data={tenants.map(tenant => ({ value: String(tenant.id), label: tenant.name }))}
            value={tenantId === null ? null : String(tenantId)}
            onChange={chosen => setTenantId(chosen === null ? null : Number(chosen))}
          />
        )}
        {error && <ProblemView error={error} />}
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={isPending} disabled={name.trim() === ''}>
            Save
          </Button>
        </Group>
      </form>
    </Modal>
  )
}
