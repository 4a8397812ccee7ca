import { ActionIcon, Menu } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Icon } from '../components/icons.tsx'
import { roleLabels } from '../lib/roles.ts'
import { meQuery, useSignOut } from '../lib/session.ts'
import styles from './shell.module.css'

/** Who is signed in, as what, and the way out. */
export function UserMenu() {
  const { data: me } = useQuery(meQuery)
  const signOut = useSignOut()
  if (me === undefined) return null
  return (
    <Menu position="bottom-end" width={230} transitionProps={{ duration: 100 }}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Account: ${me.display_name}`}>
          <Icon name="person" size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <div className={styles.whoami}>
          <strong>{me.display_name}</strong>
          <span className="dim">
            {me.user_name} · {me.role === null ? 'no role' : roleLabels[me.role]}
            {me.is_narrowed && me.role !== null ? ', narrowed' : ''}
          </span>
        </div>
        <Menu.Divider />
        <Menu.Item component={Link} to="/settings/account">
          Password and browsers
        </Menu.Item>
        <Menu.Item component={Link} to="/settings/tokens">
          API tokens
        </Menu.Item>
        <Menu.Item component="a" href="/docs/api">
          API reference
        </Menu.Item>
        {me.administers_users && (
          <Menu.Item component={Link} to="/settings/users">
            People and roles
          </Menu.Item>
        )}
        <Menu.Divider />
        <Menu.Item onClick={() => signOut.mutate('here')}>Sign out</Menu.Item>
        <Menu.Item onClick={() => signOut.mutate('everywhere')}>Sign out everywhere</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
