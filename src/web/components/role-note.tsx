import { useQuery } from '@tanstack/react-query'
import type { Role } from '../../domain/role.ts'
import { roleLabels } from '../lib/roles.ts'
import { meQuery, useHasRole } from '../lib/session.ts'

interface RoleNoteProps {
  readonly needed: Role
  /** What is left out for who lacks the role: `Changing sources`. */
  readonly what: string
}

/** Why there are no buttons; nothing for those who have them. */
export function RoleNote({ needed, what }: RoleNoteProps) {
  const may = useHasRole(needed)
  const { data: me } = useQuery(meQuery)
  if (may || me === undefined) return null
  const held = me.role === null ? 'You have no role' : `Your role is ${roleLabels[me.role]}`
  return (
    <p className="dim" style={{ margin: '0 0 8px', fontSize: '0.8125rem' }}>
      {what} needs the role {roleLabels[needed]}. {held}; an administrator can grant it under People and roles.
    </p>
  )
}
