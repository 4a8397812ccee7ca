import { Modal } from '@mantine/core'
import type { TenantList, UserView } from '../../../../contract/accounts.ts'
import { Confirm } from '../../../components/confirm.tsx'
import { counted } from '../../../lib/format.ts'
import { UserForm } from './user-form.tsx'
import { useRemoveUser, useSwitchUser } from './user-mutations.ts'

export interface UserQuestion {
  readonly user: UserView
  readonly about: 'roles' | 'switch' | 'remove'
}

interface UserDialogProps {
  readonly question: UserQuestion
  readonly tenants: TenantList
  readonly onClose: () => void
}

/** What is asked before an account changes. */
export function UserDialog({ question: { user, about }, tenants, onClose }: UserDialogProps) {
  const switched = useSwitchUser()
  const removed = useRemoveUser()
  const { user_name: name, is_disabled: isOff } = user
  switch (about) {
    case 'roles':
      return (
        <Modal
          opened
          onClose={onClose}
          size="lg"
          title={`Roles of ${name}`}
          closeButtonProps={{ 'aria-label': 'Close' }}
        >
          <UserForm user={user} tenants={tenants} onSaved={onClose} />
        </Modal>
      )
    case 'switch':
      return (
        <Confirm
          isOpen
          title={isOff ? `Switch ${name} on?` : `Switch ${name} off?`}
          act={isOff ? 'Switch on' : 'Switch off'}
          keep="Leave it"
          isBusy={switched.isPending}
          error={switched.error}
          onConfirm={() => switched.mutate(user, { onSuccess: onClose })}
          onClose={onClose}
        >
          {isOff
            ? 'The person can sign in again with the same roles.'
            : `${counted(user.sessions, 'session')} ${user.sessions === 1 ? 'ends' : 'end'} at once, and ${counted(user.tokens, 'token')} will be refused.`}
        </Confirm>
      )
    case 'remove':
      return (
        <Confirm
          isOpen
          title={`Remove ${name}?`}
          act="Remove the account"
          keep="Keep it"
          isBusy={removed.isPending}
          error={removed.error}
          onConfirm={() => removed.mutate(user, { onSuccess: onClose })}
          onClose={onClose}
        >
          The account goes with its sessions and tokens. What the person did stays in the audit.
        </Confirm>
      )
  }
}
